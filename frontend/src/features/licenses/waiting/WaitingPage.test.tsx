// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { MemoryRouter } from 'react-router'
import { defineChain, type Address } from 'viem'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createConfig, http, WagmiContext } from 'wagmi'
import { connect } from 'wagmi/actions'
import { mock } from 'wagmi/connectors'

import type { License, Queue, Session } from '@/generated/api'
import type { Deployment } from '@/lib/config'
import { DeploymentProvider } from '@/lib/deployment'

import WaitingPage from './WaitingPage'

const [STEWARD, OTHER]: [Address, Address] = [
  '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
  '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC',
]
const NODE = 'http://127.0.0.1:1'
const CHAIN = defineChain({
  id: 31_337,
  name: 'test',
  nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
  rpcUrls: { default: { http: [NODE] } },
})
const NOW = 1_800_000_000
const at = (seconds: number) => new Date((NOW + seconds) * 1000).toISOString()
const licence = (id: number, state: License['state'], deadline: number): License =>
  ({
    id,
    state,
    datasetId: 4,
    datasetName: 'Cohort of Cleveland',
    licensee: OTHER,
    right: 'download',
    purpose: { bits: String((1n << 3n) | (1n << 21n)), terms: [] as License['purpose']['terms'] },
    disease: 'MONDO:0005068',
    price: '100000000000000000',
    currency: { address: null, symbol: 'ETH', decimals: 18 },
    purchasedAt: at(-60),
    deadline: at(deadline),
  }) as License

/** The API and the wallet's node, as far as this page asks them. */
class Server {
  session: Session = { account: null, expiresAt: null }
  queue: Omit<Queue, 'account' | 'asOf'> = { review: [], deliveries: [], disputes: [] }
  /** What was asked for that changes something, or that a person decides on. */
  readonly asked: string[] = []
  declines = 0

  answer = async (input: string | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(
      new URL(typeof input === 'string' ? input : input.url, 'http://page'),
      init,
    )
    const { pathname } = new URL(request.url)
    if (request.url.startsWith(NODE)) return this.node((await request.json()) as Call)
    if (request.method !== 'GET') this.asked.push(`${request.method} ${pathname}`)
    if (pathname === '/v1/session/message') return Response.json({ message: 'Sign me in.' })
    if (pathname === '/v1/me/queue') return this.mine()
    if (request.method === 'DELETE') this.session = { account: null, expiresAt: null }
    if (request.method === 'POST') {
      const signed = (await request.json()) as { message: string; signature: string }
      if (signed.message !== 'Sign me in.' || signed.signature !== '0x5160')
        return Response.json({ detail: 'This message does not sign in.' }, { status: 403 })
      this.session = { account: STEWARD, expiresAt: at(1_800) }
    }
    return request.method === 'DELETE'
      ? new Response(null, { status: 204 })
      : Response.json(this.session)
  }

  private mine(): Response {
    const { account } = this.session
    return account === null
      ? Response.json({ detail: 'GET /v1/me/queue: sign in first.' }, { status: 401 })
      : Response.json({ account, asOf: 12, ...this.queue })
  }

  private node({ id, method }: Call): Response {
    if (method === 'eth_getBlockByNumber')
      return Response.json({ id, result: { number: '0x1', timestamp: `0x${NOW.toString(16)}` } })
    this.asked.push(method)
    if (this.declines > 0) {
      this.declines -= 1
      return Response.json({ id, error: { code: 4001, message: 'The person declined.' } })
    }
    return Response.json({ id, result: '0x5160' })
  }
}

interface Call {
  id: number
  method: string
}

let server: Server
let queries: QueryClient

async function show(account = STEWARD) {
  const config = createConfig({
    chains: [CHAIN],
    connectors: [mock({ accounts: [account] })],
    transports: { [CHAIN.id]: http(NODE, { retryCount: 0 }) },
    storage: null,
  })
  render(
    <QueryClientProvider client={queries}>
      <MemoryRouter>
        <DeploymentProvider value={{ chainId: CHAIN.id } as Deployment}>
          <WagmiContext.Provider value={config}>
            <WaitingPage />
          </WagmiContext.Provider>
        </DeploymentProvider>
      </MemoryRouter>
    </QueryClientProvider>,
  )
  const [connector] = config.connectors
  if (!connector) throw new Error('there is no wallet')
  await act(() => connect(config, { connector }))
}

const signInButton = () => screen.findByRole('button', { name: 'Sign in' })

beforeEach(() => {
  server = new Server()
  queries = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  vi.stubGlobal('fetch', server.answer)
})
afterEach(() => {
  cleanup()
  queries.clear()
  vi.unstubAllGlobals()
})

it('asks the wallet for nothing before a click, then shows what waits and how it is done', async () => {
  server.queue = {
    review: [licence(7, 'inReview', 3_600)],
    deliveries: [licence(8, 'purchased', 7_200), licence(9, 'purchased', -60)],
    disputes: [licence(10, 'disputed', 3_600)],
  }
  await show()
  const enter = await signInButton()
  expect(server.asked).toEqual([])
  fireEvent.click(enter)
  expect(await screen.findByRole('link', { name: 'Licence 7' })).toHaveAttribute(
    'href',
    '/licenses/7',
  )
  expect(server.asked).toEqual(['POST /v1/session/message', 'eth_sign', 'POST /v1/session'])
  const review = screen.getByRole('region', { name: 'Purchases to decide on' })
  expect(review).toHaveTextContent('Disease: MONDO:0005068')
  expect(review).toHaveTextContent('Agreed to: You have a documented ethics approval.')
  const copied: string[] = []
  vi.stubGlobal('navigator', {
    clipboard: { writeText: (text: string) => Promise.resolve(void copied.push(text)) },
  })
  for (const name of ['the command that approves licence 7', 'licensee of licence 7'])
    fireEvent.click(screen.getByRole('button', { name: `Copy ${name}` }))
  expect(copied).toEqual([`biodesci license approve 7 --licensee ${OTHER}`, OTHER])
  const deliveries = screen.getByRole('region', { name: 'Deliveries that are due' })
  expect(deliveries).toHaveTextContent('biodesci dataset release')
  await waitFor(() => expect(deliveries).toHaveTextContent('due in 2 hours'))
  expect(deliveries).toHaveTextContent('1 minute too late')
  expect(deliveries).toHaveTextContent('It cannot be delivered any more')
  const disputes = screen.getByRole('region', { name: 'Disputes to decide' })
  for (const side of ['owner', 'buyer'])
    expect(disputes).toHaveTextContent(`biodesci license resolve 10 ${side} --licensee ${OTHER}`)
})

it('says that the wallet declined, and signs in when it is asked again', async () => {
  server.declines = 1
  await show()
  fireEvent.click(await signInButton())
  expect(await screen.findByText('You declined the request in your wallet.')).toBeVisible()
  expect(server.session.account).toBeNull()
  fireEvent.click(await signInButton())
  expect(await screen.findByText('Nothing waits for you')).toBeVisible()
  expect(screen.queryByText('You declined the request in your wallet.')).toBeNull()
})

it('shows nothing of a session that has run out, and begins another', async () => {
  server.session = { account: STEWARD, expiresAt: at(1_800) }
  server.queue = { review: [licence(7, 'inReview', 60)], deliveries: [], disputes: [] }
  await show()
  await screen.findByText('Licence 7')
  server.session = { account: null, expiresAt: null }
  await act(() => queries.refetchQueries({ queryKey: ['api'] }))
  expect(await screen.findByText('You are not signed in any more.')).toBeVisible()
  expect(screen.queryByText('Licence 7')).toBeNull()
  fireEvent.click(await signInButton())
  expect(await screen.findByText('Licence 7')).toBeVisible()
  expect(screen.queryByText('You are not signed in any more.')).toBeNull()
})

it('signs out, and keeps nothing of what was shown', async () => {
  server.session = { account: STEWARD, expiresAt: at(1_800) }
  server.queue = { review: [licence(7, 'inReview', 60)], deliveries: [], disputes: [] }
  await show()
  await screen.findByText('Licence 7')
  fireEvent.click(screen.getByRole('button', { name: 'Sign out' }))
  await signInButton()
  expect(server.asked).toEqual(['DELETE /v1/session'])
  await waitFor(() => expect(queries.getQueryCache().findAll({ queryKey: ['api'] })).toEqual([]))
})

it('shows an account nothing by the session of another one', async () => {
  server.session = { account: STEWARD, expiresAt: at(1_800) }
  server.queue = { review: [licence(7, 'inReview', 60)], deliveries: [], disputes: [] }
  await show(OTHER)
  await signInButton()
  expect(screen.queryByText('Licence 7')).toBeNull()
})
