// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { useEffect } from 'react'
import { MemoryRouter } from 'react-router'
import { defineChain, type Address } from 'viem'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createConfig, http, WagmiContext } from 'wagmi'
import { connect, disconnect } from 'wagmi/actions'
import { mock } from 'wagmi/connectors'

import type { Bytes } from '@/lib/bytes'
import type { Deployment } from '@/lib/config'
import { DeploymentProvider } from '@/lib/deployment'
import { KeyringProvider, useKeyring } from '@/lib/keyring'

import { WalletButton } from './WalletButton'

const [A, B]: [Address, Address] = [
  '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
  '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC',
]
const CHAIN = defineChain({
  id: 31_337,
  name: 'test',
  nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
  rpcUrls: { default: { http: ['http://127.0.0.1:1'] } },
})
const DEPLOYMENT = { chainId: CHAIN.id } as Deployment

let keyring: ReturnType<typeof useKeyring>
function Held() {
  const now = useKeyring()
  useEffect(() => {
    keyring = now
  }, [now])
  return null
}

function wallet() {
  return createConfig({
    chains: [CHAIN],
    connectors: [mock({ accounts: [A, B] })],
    transports: { [CHAIN.id]: http('http://127.0.0.1:1') },
    storage: null,
  })
}

let config: ReturnType<typeof wallet>
let seeds: Record<Address, Bytes>
const held = () => [A, B].map((account) => keyring.seedsOf(account).length)
const left = () => Object.values(seeds).map((seed) => seed.some((byte) => byte !== 0))

/** Unlocks A, then switches to B in the wallet and unlocks that too. */
beforeEach(async () => {
  config = wallet()
  const [connector] = config.connectors
  if (!connector) throw new Error('there is no wallet')
  render(
    <QueryClientProvider client={new QueryClient()}>
      <MemoryRouter>
        <DeploymentProvider value={DEPLOYMENT}>
          <KeyringProvider>
            <WagmiContext.Provider value={config}>
              <WalletButton />
              <Held />
            </WagmiContext.Provider>
          </KeyringProvider>
        </DeploymentProvider>
      </MemoryRouter>
    </QueryClientProvider>,
  )
  seeds = { [A]: new Uint8Array(32).fill(7), [B]: new Uint8Array(32).fill(8) }
  await act(() => connect(config, { connector }))
  act(() => keyring.unlock(A, [seeds[A] as Bytes]))
  act(() => connector.onAccountsChanged([B, A]))
  await screen.findByRole('button', { name: `Account ${B}` })
  act(() => keyring.unlock(B, [seeds[B] as Bytes]))
  // A switch alone locks nothing.
  expect(held()).toEqual([1, 1])
  expect(left()).toEqual([true, true])
})
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

it('forgets the keys of every account, also of one shown before, and signs out, when a person disconnects', async () => {
  fireEvent.keyDown(screen.getByRole('button', { name: `Account ${B}` }), { key: 'Enter' })
  const asked: string[] = []
  vi.stubGlobal('fetch', async (path: string, { method }: RequestInit) => {
    asked.push(`${method} ${path}`)
    throw new TypeError('the API is away')
  })
  fireEvent.click(await screen.findByRole('menuitem', { name: 'Disconnect' }))
  expect(asked).toEqual(['DELETE /v1/session'])
  expect(held()).toEqual([0, 0])
  expect(left()).toEqual([false, false])
  expect(await screen.findByRole('button', { name: 'Connect wallet' })).toBeEnabled()
})

it('forgets them when the wallet disconnects, and one that is opened only then', async () => {
  await act(() => disconnect(config))
  await screen.findByRole('button', { name: 'Connect wallet' })
  await waitFor(() => expect(held()).toEqual([0, 0]))
  expect(left()).toEqual([false, false])

  const late = new Uint8Array(32).fill(9)
  act(() => keyring.unlock(A, [late]))
  await waitFor(() => expect(held()).toEqual([0, 0]))
  expect(late.every((byte) => byte === 0)).toBe(true)
})
