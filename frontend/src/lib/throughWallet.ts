/**
 * Reads the chain through the visitor's own wallet, where the API names no node for browsers: the
 * operator's node may cost money by the call, and its address may hold a key.
 */
import { custom, type Config, type Connector, type Transport } from 'wagmi'

import { Failure } from './failure'

interface Provider {
  request(asked: { method: string; params?: unknown }): Promise<unknown>
}

/** What is connected is asked first, then whatever wallets there are; on the chain `chainId` alone. */
export function throughWallet(chainId: number, config: () => Config): Transport {
  return custom(
    {
      async request(asked: { method: string; params?: unknown }) {
        const provider = await providerOn(chainId, config())
        return provider.request(asked)
      },
    },
    { retryCount: 0 },
  )
}

async function providerOn(chainId: number, config: Config): Promise<Provider> {
  const { connections, current } = config.state
  const connected = current ? connections.get(current)?.connector : undefined
  const wallets = [connected, ...config.connectors].filter((one): one is Connector => !!one)
  let elsewhere = false
  for (const wallet of wallets) {
    try {
      const provider = (await wallet.getProvider()) as Provider
      const chain = Number(await provider.request({ method: 'eth_chainId' }))
      if (chain === chainId) return provider
      elsewhere = true
    } catch {
      // A wallet that does not answer is as good as none.
    }
  }
  throw elsewhere
    ? new Failure(
        'wrong-chain',
        'Your wallet is on another network, and this page reads the chain through it.',
        `Switch your wallet to network ${chainId}.`,
      )
    : new Failure(
        'rpc',
        'There is no wallet through which the chain can be read.',
        'This server names no node of the chain for everybody. Install a wallet, or go on without what stands on chain alone.',
      )
}
