// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react'
import { MemoryRouter } from 'react-router'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import type { ActivityPage, AuditEntry } from '@/generated/api'
import type { Deployment } from '@/lib/config'
import { DeploymentProvider } from '@/lib/deployment'

import AuditPage from './AuditPage'

const COHORT = { kind: 'dataset', id: 1, name: 'Cohort of Cleveland' } as const
const NAMELESS = { kind: 'model', id: 2, name: null } as const
const MADE: readonly Pick<AuditEntry, 'name' | 'kind' | 'id' | 'asset'>[] = [
  { name: 'AuditAttested', kind: 'inference', id: 6, asset: NAMELESS },
  { name: 'RoundOpened', kind: 'round', id: 4, asset: NAMELESS },
  { name: 'ModelRegistered', kind: 'model', id: 2, asset: NAMELESS },
  { name: 'LicenseDelivered', kind: 'license', id: 3, asset: COHORT },
  { name: 'VisasShown', kind: 'license', id: 9, asset: null },
  { name: 'DatasetPublished', kind: 'dataset', id: 1, asset: COHORT },
]
const BY = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const ALL: AuditEntry[] = MADE.map((entry, i) => ({
  ...entry,
  contract: 'DatasetNFT',
  block: 90 - i,
  logIndex: 0,
  time: '2026-11-01T10:00:00Z',
  // One transaction may leave several events, of one name too.
  txHash: `0x${'ab'.repeat(32)}`,
  accounts: [{ part: 'by', address: BY, role: 'owner', credit: null }],
  details: {},
}))

let asked: URL[]
let answers: (url: URL) => ActivityPage | null

beforeEach(() => {
  asked = []
  answers = ({ searchParams }) => {
    const kinds = searchParams.getAll('kind')
    const items = ALL.filter(({ kind }) => kinds.includes(kind))
    return searchParams.get('cursor') === '87.0'
      ? { items: items.filter(({ block }) => block < 87), nextCursor: null, asOf: 99 }
      : { items: items.filter(({ block }) => block >= 87), nextCursor: '87.0', asOf: 99 }
  }
  vi.stubGlobal('fetch', (input: string) => {
    const url = new URL(input, 'http://page')
    asked.push(url)
    const page = answers(url)
    return Promise.resolve(
      page
        ? Response.json(page)
        : Response.json(
            { type: '/problems/unavailable', title: 'A service does not answer', status: 503 },
            { status: 503 },
          ),
    )
  })
})

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

function show() {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  render(
    <QueryClientProvider client={client}>
      <DeploymentProvider value={{ fromBlock: 0n, contracts: {} } as Deployment}>
        <MemoryRouter>
          <AuditPage />
        </MemoryRouter>
      </DeploymentProvider>
    </QueryClientProvider>,
  )
}

const entries = async () =>
  (await screen.findAllByRole('listitem')).map((item) => {
    const link = within(item).getAllByRole('link')[0]
    return [link?.textContent, link?.getAttribute('href')]
  })

it('shows everything by one request, each entry with its name and its page', async () => {
  show()
  expect(await entries()).toEqual([
    ['Inference 6', '/inferences/6'],
    ['Round 4 of model 2', '/models/2'],
    ['Model 2', '/models/2'],
    ['Licence 3 of Cohort of Cleveland', '/licenses/3'],
  ])
  expect(asked.map((url) => url.pathname)).toEqual(['/v1/activity'])
  expect(screen.getByText('Auditor’s verdict recorded')).toBeInTheDocument()
  expect(screen.getAllByTitle(BY)).toHaveLength(4)
})

it('reads older entries when asked, until there are no more', async () => {
  show()
  fireEvent.click(await screen.findByRole('button', { name: 'Show older entries' }))
  await screen.findByRole('link', { name: 'Licence 9' })
  expect((await entries()).slice(4)).toEqual([
    ['Licence 9', '/licenses/9'],
    ['Cohort of Cleveland', '/datasets/1'],
  ])
  expect(screen.queryByRole('button', { name: 'Show older entries' })).toBeNull()
})

it('asks for the kinds that are switched on, a model with its rounds', async () => {
  show()
  await entries()
  for (const name of ['Datasets', 'Licences', 'Inferences'])
    fireEvent.click(screen.getByRole('button', { name }))
  expect(screen.getByRole('button', { name: 'Models' })).toHaveAttribute('aria-pressed', 'true')
  expect(screen.getByRole('button', { name: 'Datasets' })).toHaveAttribute('aria-pressed', 'false')
  await vi.waitFor(async () => expect(await entries()).toHaveLength(2), { timeout: 15_000 })
  expect(asked.at(-1)?.searchParams.getAll('kind')).toEqual(['model', 'round'])

  const before = asked.length
  fireEvent.click(screen.getByRole('button', { name: 'Models' }))
  expect(screen.getByText('Every kind of entry is switched off.')).toBeInTheDocument()
  expect(asked).toHaveLength(before)
})

it('tells nothing yet from no answer', async () => {
  answers = () => ({ items: [], nextCursor: null, asOf: 99 })
  show()
  expect(await screen.findByText('Nothing of these kinds has happened yet.')).toBeInTheDocument()
  cleanup()

  answers = () => null
  show()
  expect(await screen.findByRole('button', { name: 'Try again' })).toBeInTheDocument()
  expect(screen.queryByText(/has happened yet/)).toBeNull()
})
