/**
 * A wallet for tests: announced by EIP-6963, signs with the key that the test gives it, and does as
 * the test says (authorise, reject, another network). It is built as a script of its own and put
 * into the page by Playwright; the page's bundle has none of it.
 */
import {
  createWalletClient,
  defineChain,
  http,
  numberToHex,
  type Hex,
  type TransactionRequest,
  type TypedDataDefinition,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

export interface WalletOptions {
  privateKey: Hex
  rpcUrl: string
  chainId: number
  /** The network that the wallet is on at first. */
  startChainId?: number
}

export interface WalletControls {
  /** How many requests that need a person are declined from now on. */
  reject: number
  /** How many such requests are granted before one is declined; null: as many as come. */
  rejectAfter: number | null
  /** Places in line that the next transactions leave empty before them, so that they wait. */
  gap: number
  /** How long the person reads before a transaction is sent, in milliseconds. */
  pause: number
  /** Transactions that were signed and sent. */
  sent: number
  /** Messages that were signed: texts, and typed data (EIP-712). */
  signed: number
}

const AUTHORISED = 'test-wallet-authorised'
const NETWORK = 'test-wallet-network'
const ASKS = new Set([
  'eth_requestAccounts',
  'eth_sendTransaction',
  'wallet_switchEthereumChain',
  'wallet_addEthereumChain',
  'personal_sign',
  'eth_signTypedData_v4',
])
const NOT_ADDED = 4902

export function install(options: WalletOptions): WalletControls {
  const account = privateKeyToAccount(options.privateKey)
  const chain = defineChain({
    id: options.chainId,
    name: 'test',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [options.rpcUrl] } },
  })
  const client = createWalletClient({ account, chain, transport: http(options.rpcUrl) })
  const controls: WalletControls = {
    reject: 0,
    rejectAfter: null,
    gap: 0,
    pause: 0,
    sent: 0,
    signed: 0,
  }
  const listeners = new Map<string, Set<(value: unknown) => void>>()
  const emit = (event: string, value: unknown) =>
    listeners.get(event)?.forEach((listener) => listener(value))
  const authorised = () => localStorage.getItem(AUTHORISED) === account.address
  const known = new Set([options.chainId])
  // As a real wallet does, it stays on its network when the page is reloaded.
  let chainId = Number(localStorage.getItem(NETWORK)) || (options.startChainId ?? options.chainId)
  if (chainId !== options.chainId) known.delete(options.chainId)

  const moveTo = (next: number) => {
    chainId = next
    localStorage.setItem(NETWORK, String(next))
    emit('chainChanged', numberToHex(next))
    return null
  }

  async function request({
    method,
    params = [],
  }: {
    method: string
    params?: unknown[]
  }): Promise<unknown> {
    if (ASKS.has(method) && controls.reject > 0) {
      controls.reject -= 1
      throw Object.assign(new Error('The person declined.'), { code: 4001 })
    }
    if (ASKS.has(method) && controls.rejectAfter !== null) {
      controls.rejectAfter = controls.rejectAfter === 0 ? null : controls.rejectAfter - 1
      if (controls.rejectAfter === null)
        throw Object.assign(new Error('The person declined.'), { code: 4001 })
    }
    const [first] = params as [Record<string, string> | undefined]
    switch (method) {
      case 'eth_requestAccounts':
      case 'wallet_requestPermissions':
        localStorage.setItem(AUTHORISED, account.address)
        return method === 'eth_requestAccounts'
          ? [account.address]
          : [{ parentCapability: 'eth_accounts' }]
      case 'wallet_revokePermissions':
        localStorage.removeItem(AUTHORISED)
        return null
      case 'eth_accounts':
        return authorised() ? [account.address] : []
      case 'eth_chainId':
        return numberToHex(chainId)
      case 'wallet_switchEthereumChain': {
        const wanted = Number(first?.['chainId'])
        if (!known.has(wanted))
          throw Object.assign(new Error('Unknown network.'), { code: NOT_ADDED })
        return moveTo(wanted)
      }
      case 'wallet_addEthereumChain':
        known.add(Number(first?.['chainId']))
        return moveTo(Number(first?.['chainId']))
      case 'eth_sendTransaction': {
        if (!authorised()) throw Object.assign(new Error('Not authorised.'), { code: 4100 })
        if (chainId !== options.chainId)
          throw Object.assign(new Error('Wrong network.'), { code: 4901 })
        await new Promise((resolve) => setTimeout(resolve, controls.pause))
        const { to, data, value, gas } = first as unknown as TransactionRequest
        const nonce = await client.request({
          method: 'eth_getTransactionCount',
          params: [account.address, 'pending'],
        } as never)
        const hash = await client.sendTransaction({
          to,
          data,
          value: value ? BigInt(value) : 0n,
          ...(gas ? { gas: BigInt(gas) } : {}),
          nonce: Number(nonce) + controls.gap,
        })
        controls.sent += 1
        return hash
      }
      case 'personal_sign': {
        if (!authorised()) throw Object.assign(new Error('Not authorised.'), { code: 4100 })
        const [raw, signer] = params as [Hex, string]
        if (signer.toLowerCase() !== account.address.toLowerCase())
          throw Object.assign(new Error('Another account.'), { code: 4100 })
        const signature = await account.signMessage({ message: { raw } })
        controls.signed += 1
        return signature
      }
      case 'eth_signTypedData_v4': {
        if (!authorised()) throw Object.assign(new Error('Not authorised.'), { code: 4100 })
        const [signer, document] = params as [string, string]
        if (signer.toLowerCase() !== account.address.toLowerCase())
          throw Object.assign(new Error('Another account.'), { code: 4100 })
        const signature = await account.signTypedData(JSON.parse(document) as TypedDataDefinition)
        controls.signed += 1
        return signature
      }
      default:
        return client.request({ method, params } as never)
    }
  }

  const provider = {
    request,
    on: (event: string, listener: (value: unknown) => void) =>
      void listeners.set(event, (listeners.get(event) ?? new Set()).add(listener)),
    removeListener: (event: string, listener: (value: unknown) => void) =>
      void listeners.get(event)?.delete(listener),
  }
  const icon =
    'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8" rx="2" fill="%238a5a0b"/></svg>'
  const info = Object.freeze({
    uuid: crypto.randomUUID(),
    name: 'Test wallet',
    icon,
    rdns: 'test.wallet',
  })
  const announce = () =>
    window.dispatchEvent(
      new CustomEvent('eip6963:announceProvider', { detail: Object.freeze({ info, provider }) }),
    )
  window.addEventListener('eip6963:requestProvider', announce)
  announce()
  return controls
}
