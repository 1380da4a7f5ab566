// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, renderHook, screen, waitFor } from '@testing-library/react'
import type { ReactNode } from 'react'
import { getAddress, numberToHex, zeroAddress, type Address } from 'viem'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import type { Deployment } from '@/lib/config'
import { DeploymentProvider } from '@/lib/deployment'
import type { Reader } from '@/lib/reader'

import { choose, MOST_READ, paceOf, readBalances, readCurrencies, useOwed } from './owed'
import { Unread } from './OwedPage'

const numbered = (n: number): Address => getAddress(numberToHex(n, { size: 20 }))
const [ACCOUNT, LICENCES, DATASETS, INFERENCES] = [
  numbered(1),
  numbered(2),
  numbered(3),
  numbered(4),
]
const token = (n: number): Address => numbered(1_000 + n)
const DEPLOYMENT = {
  fromBlock: 0n,
  contracts: { AccessLicense: LICENCES, DatasetNFT: DATASETS, InferenceCommitment: INFERENCES },
} as Deployment

interface Call {
  functionName: string
  args: readonly unknown[]
}

/** A node that answers as the test says; the licences are of the tokens 1, 2 and 2. */
function nodeOf({
  offers = [],
  silent = () => false,
  searches = true,
}: {
  offers?: Address[]
  silent?: (call: Call) => boolean
  searches?: boolean
}) {
  const open = { now: 0, most: 0 }
  const node = {
    getBlockNumber: () => Promise.resolve(9n),
    getLogs: async ({ event }: { event: { name: string } }) => {
      if (event.name === 'LicensePurchased')
        return [1n, 2n, 3n].map((licenseId) => ({ args: { licenseId } }))
      if (!searches) throw new Error('query exceeds the range of blocks')
      return event.name === 'Transfer'
        ? [{ args: { tokenId: 5n } }]
        : offers.map((currency) => ({ args: { offer: { currency } } }))
    },
    readContract: async (call: Call & { address: Address }) => {
      open.most = Math.max(open.most, (open.now += 1))
      await new Promise((resolve) => setTimeout(resolve, 1))
      open.now -= 1
      if (silent(call)) throw new Error('too many requests')
      if (call.functionName === 'licenseOf')
        return { state: 4, currency: token(Math.min(Number(call.args[0]), 2)) }
      if (call.functionName === 'isActive') return true
      if (call.address === INFERENCES) return 3n
      return call.args[1] === zeroAddress ? 0n : 7n
    },
  }
  return { node: node as unknown as Reader, open }
}

const api = { asked: [] as string[] }
const seen: { node: Reader | null } = { node: null }
vi.mock('@/lib/useChain', () => ({
  useReader: () => seen.node,
  useWallet: () => ({ status: 'none' }),
}))

beforeEach(() => {
  api.asked = []
  vi.stubGlobal('fetch', async (path: string) => {
    api.asked.push(path)
    // The index of licences is away: the chain alone answers.
    if (path.startsWith('/v1/licenses')) throw new TypeError('away')
    const body = path.startsWith('/v1/datasets?')
      ? { items: [{ id: 1 }, { id: 2 }] }
      : { allOffers: [{ currency: { address: token(8) } }] }
    if (path === '/v1/datasets/2') throw new TypeError('away')
    return Response.json(body)
  })
})
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})
const datasetsAsked = () => api.asked.filter((path) => path.startsWith('/v1/datasets'))

describe('readCurrencies', () => {
  it('asks the index for nothing where the chain answers; ether first, then what was bought in, then what was offered most', async () => {
    const { node } = nodeOf({ offers: [token(7), token(9), token(9), token(1)] })
    expect(await readCurrencies(node, DEPLOYMENT, ACCOUNT)).toEqual({
      found: [zeroAddress, token(2), token(1), token(9), token(7)],
      complete: true,
    })
    expect(datasetsAsked()).toEqual([])
  })

  it('asks the index where the node does not search so far back, and takes what of it answers', async () => {
    const { node } = nodeOf({ searches: false })
    expect(await readCurrencies(node, DEPLOYMENT, ACCOUNT)).toEqual({
      found: [zeroAddress, token(2), token(1), token(8)],
      complete: false,
    })
    expect(datasetsAsked()).toEqual([
      `/v1/datasets?owner=${ACCOUNT}&limit=100`,
      '/v1/datasets/1',
      '/v1/datasets/2',
    ])
  })

  it('keeps the currencies of the licences that answered', async () => {
    const { node } = nodeOf({
      silent: ({ functionName, args }) => functionName === 'licenseOf' && args[0] === 1n,
    })
    expect(await readCurrencies(node, DEPLOYMENT, ACCOUNT)).toEqual({
      found: [zeroAddress, token(2)],
      complete: false,
    })
  })
})

describe('readBalances', () => {
  const wanted = [zeroAddress, ...Array.from({ length: 40 }, (_, i) => token(i))]

  it('shows what was read where one call fails, and counts what was not', async () => {
    const { node, open } = nodeOf({ silent: ({ args }) => args[1] === token(3) })
    const { owed, unread } = await readBalances(node, DEPLOYMENT, ACCOUNT, wanted)
    expect(unread).toBe(1)
    expect(owed).toHaveLength(40)
    expect(owed[0]).toEqual({ source: 'inferences', currency: zeroAddress, units: 3n })
    expect(owed.some(({ currency }) => currency === token(3))).toBe(false)
    expect(open.most).toBeLessThanOrEqual(10)
  })

  it('fails where nothing answers', async () => {
    const { node } = nodeOf({ silent: () => true })
    await expect(readBalances(node, DEPLOYMENT, ACCOUNT, wanted)).rejects.toThrow(
      'too many requests',
    )
  })
})

describe('choose', () => {
  const found = [zeroAddress, ...Array.from({ length: 250 }, (_, i) => token(i))]

  it('reads ether, what the person named, then so many of the others', () => {
    const { wanted, left } = choose(found, [token(249)])
    expect(wanted.slice(0, 3)).toEqual([zeroAddress, token(249), token(0)])
    expect(wanted).toHaveLength(2 + MOST_READ)
    expect(left).toBe(249 - MOST_READ)
    expect(choose(found.slice(0, 4), [])).toEqual({ wanted: found.slice(0, 4), left: 0 })
  })

  it('asks less often where there are many', () => {
    expect(paceOf(20)).toBe(5_000)
    expect(paceOf(21)).toBe(30_000)
  })
})

describe('what the page tells', () => {
  it('has the balances that were read, and says that one is missing', async () => {
    seen.node = nodeOf({
      silent: ({ functionName, args }) => functionName === 'owed' && args[1] === token(1),
    }).node
    const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
    const wrapper = ({ children }: { children: ReactNode }) => (
      <QueryClientProvider client={client}>
        <DeploymentProvider value={DEPLOYMENT}>{children}</DeploymentProvider>
      </QueryClientProvider>
    )
    const { result } = renderHook(() => useOwed(ACCOUNT), { wrapper })
    await waitFor(() => expect(result.current.data).toBeDefined())
    expect(result.current).toMatchObject({
      unread: 1,
      left: 0,
      complete: true,
      incomplete: true,
      error: null,
    })
    expect(result.current.data?.map(({ currency }) => currency)).toEqual([zeroAddress, token(2)])
  })

  it('names both lacks, and neither where there is none', () => {
    const { rerender } = render(<Unread unread={2} left={150} />)
    expect(screen.getByText('2 balances could not be read just now.')).toBeInTheDocument()
    expect(
      screen.getByText('Your datasets were offered in 150 tokens more than are read here.'),
    ).toBeInTheDocument()
    rerender(<Unread unread={0} left={0} />)
    expect(screen.queryAllByRole('status')).toEqual([])
  })
})
