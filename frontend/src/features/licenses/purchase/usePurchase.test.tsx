// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, renderHook, waitFor } from '@testing-library/react'
import type { ReactNode } from 'react'
import { MemoryRouter } from 'react-router'
import { zeroHash, type Address } from 'viem'
import { beforeEach, expect, it, vi } from 'vitest'

import type { Deployment } from '@/lib/config'
import { ETHER } from '@/lib/currency'
import { DeploymentProvider } from '@/lib/deployment'

import { usePurchase } from './usePurchase'

const ACCOUNT: Address = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const LICENCES: Address = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
const DEPLOYMENT = {
  chainId: 31_337,
  fromBlock: 0n,
  contracts: { AccessLicense: LICENCES },
} as Deployment

const HASH = `0x${'ab'.repeat(32)}` as const

interface Sent {
  functionName: string
  args: readonly unknown[]
}
const sent: Sent[] = []
/** The account's licences on chain, all of offer 7. */
const owned: { id: bigint; active: boolean }[] = []
vi.mock('@/lib/useTransact', () => ({
  useTransact: () => async (call: Sent, landed: () => Promise<boolean>) => {
    if (!(await landed())) sent.push(call)
    return { sent: false }
  },
}))
vi.mock('@/lib/useChain', () => ({
  useReader: () => ({
    getBlock: async () => ({ timestamp: 1_000n }),
    getBlockNumber: async () => 1n,
    getLogs: async () => owned.map(({ id }) => ({ args: { licenseId: id } })),
    readContract: async ({ functionName, args }: Sent) => {
      switch (functionName) {
        case 'nonces':
          return 5n
        case 'isActive':
          return owned.find(({ id }) => id === args[0])?.active
        default:
          return { offerId: 7n, state: 4, right: 1, usesLeft: 1, expiresAt: 10 }
      }
    },
  }),
}))
vi.mock('@/lib/api', () => ({ get: () => Promise.reject(new Error('away')) }))

beforeEach(() => {
  sent.length = 0
  owned.length = 0
})

const wrapper = ({ children }: { children: ReactNode }) => (
  <QueryClientProvider client={new QueryClient()}>
    <DeploymentProvider value={DEPLOYMENT}>
      <MemoryRouter>{children}</MemoryRouter>
    </DeploymentProvider>
  </QueryClientProvider>
)

async function buy(
  order: { disease?: { number: number; proof: null }; mayReview?: boolean },
  besides: readonly bigint[] = [],
) {
  const wanted = {
    account: ACCOUNT,
    datasetId: 3n,
    offerId: 7n,
    offerHash: HASH,
    version: 2,
    besides,
  }
  const { result } = renderHook(() => usePurchase(wanted), { wrapper })
  act(() =>
    result.current.start({
      means: { how: 'ether', currency: ETHER, price: 9n, balance: 10n, domain: null },
      duo: 4n,
      disease: null,
      statement: '',
      visas: [],
      visaTypes: 0,
      mayReview: false,
      ...order,
    }),
  )
  await waitFor(() => expect(result.current.busy).toBe(false))
  expect(result.current.error).toBeNull()
}

it.each([true, false])(
  'binds the offer, the version, and whether it may be reviewed (%s)',
  async (may) => {
    await buy({ mayReview: may })
    expect(sent).toMatchObject([
      { functionName: 'purchase', args: [7n, HASH, 2, 4n, may], value: 9n },
    ])
  },
)

it('binds them in an order, too, whose nonce the chain names', async () => {
  await buy({ disease: { number: 5010, proof: null }, mayReview: true })
  expect(sent).toMatchObject([
    {
      functionName: 'purchaseFor',
      args: [
        {
          buyer: ACCOUNT,
          offerId: 7n,
          offerHash: HASH,
          version: 2,
          purpose: { duo: 4n, disease: 5010, statement: zeroHash },
          price: 9n,
          mayReview: true,
          nonce: 5n,
        },
        '0x',
        { diseaseProof: [], visas: [] },
        { method: 0 },
      ],
    },
  ])
})

it('does not buy twice what the account has, unless it is asked to', async () => {
  owned.push({ id: 11n, active: true })
  await buy({})
  expect(sent).toEqual([])
  await buy({}, [11n])
  expect(sent).toHaveLength(1)
  owned.push({ id: 12n, active: true })
  await buy({}, [11n])
  expect(sent).toHaveLength(1)
})

it('buys again what is used up or expired', async () => {
  owned.push({ id: 11n, active: false })
  await buy({})
  expect(sent).toHaveLength(1)
})
