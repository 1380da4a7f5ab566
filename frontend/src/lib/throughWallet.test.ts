import { defineChain } from 'viem'
import { getBlockNumber } from 'viem/actions'
import { expect, it } from 'vitest'
import { createConfig, createConnector, type Config } from 'wagmi'

import { explain } from './explain'
import { throughWallet } from './throughWallet'

const chain = defineChain({
  id: 7_001,
  name: 'test',
  nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
  rpcUrls: { default: { http: [] } },
})

/** A wallet on a chain that answers with a block, or with an error where it is null. */
function wallet(chainId: number, block: number | null) {
  return createConnector(() => ({
    id: `${chainId}`,
    name: 'wallet',
    type: 'test',
    connect: async () => ({ accounts: [], chainId }),
    disconnect: async () => {},
    getAccounts: async () => [],
    getChainId: async () => chainId,
    isAuthorized: async () => false,
    onAccountsChanged: () => {},
    onChainChanged: () => {},
    onDisconnect: () => {},
    getProvider: async () => ({
      async request({ method }: { method: string }) {
        if (block === null) throw new Error('locked')
        return `0x${(method === 'eth_chainId' ? chainId : block).toString(16)}`
      },
    }),
  })) as never
}

function page(...connectors: never[]) {
  const config: Config = createConfig({
    chains: [chain],
    connectors,
    transports: { [chain.id]: throughWallet(chain.id, () => config) },
    storage: null,
  })
  return config.getClient({ chainId: chain.id })
}

it('reads the chain through a wallet that is on it', async () => {
  expect(
    await getBlockNumber(page(wallet(1, 5), wallet(chain.id, null), wallet(chain.id, 42))),
  ).toBe(42n)
})

it('reads nothing from another chain, and says what to do', async () => {
  const failure = await getBlockNumber(page(wallet(1, 5))).catch(explain)
  expect(failure).toMatchObject({ kind: 'wrong-chain', hint: expect.stringContaining('7001') })
})

it('says that there is no wallet', async () => {
  const failure = await getBlockNumber(page()).catch(explain)
  expect(failure).toMatchObject({ kind: 'rpc' })
})
