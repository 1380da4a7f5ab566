// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import {
  ContractFunctionRevertedError,
  createWalletClient,
  custom,
  verifyMessage,
  zeroAddress,
  zeroHash,
  type Hex,
} from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { foundry } from 'viem/chains'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { VisaRegistry } from '@/generated/abi'
import type { Deployment } from '@/lib/config'
import { DeploymentProvider } from '@/lib/deployment'
import type { SignedVisa } from '@/lib/visa'

import { VisaInput } from './VisaInput'

const REGISTRY = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
const ISSUER = 'https://visas.example.org'
const account = privateKeyToAccount(generatePrivateKey())
const PASSPORT = 'eyJhbGciOiJSUzI1NiJ9.e30.AAAA'

// The wallet is a real one, of a key made here; only how it is connected is not wagmi's.
vi.mock('wagmi', () => ({ useConfig: () => ({}) }))
vi.mock('wagmi/actions', () => ({
  getConnectorClient: () =>
    Promise.resolve(
      createWalletClient({
        account,
        chain: foundry,
        transport: custom({ request: () => Promise.reject(new Error('no node')) }),
      }),
    ),
}))

/** What the owner requires; a node that is away answers nothing. */
let required: Hex | 'away'
vi.mock('@/lib/useChain', () => ({
  useReader: () => ({
    readContract: ({ functionName, args }: { functionName: string; args: unknown[] }) => {
      if (functionName !== 'check')
        return Promise.resolve(functionName === 'ownerOf' ? zeroAddress : zeroHash)
      const [question, [shown_]] = args as [{ datasetId: bigint; types: number }, SignedVisa[]]
      expect(question).toMatchObject({ datasetId: 3n, types: 4 })
      if (required === 'away') return Promise.reject(new Error('The node is away.'))
      if (shown_?.visa.value === required) return Promise.resolve([[], 0])
      const functionError = { abi: VisaRegistry, functionName, message: 'execution reverted' }
      return Promise.reject(new ContractFunctionRevertedError(functionError))
    },
  }),
}))

const value = (digit: number): Hex => `0x${String(digit).repeat(64)}`
const visa = (visaType: string, said = value(0), expires = 1_900_000_000) => ({
  format: 'biodesci-visa/1',
  warning: 'Personal.',
  chainId: 31337,
  registry: REGISTRY,
  visa: {
    subject: account.address,
    visaType,
    value: said,
    issuer: REGISTRY,
    asserted: 1,
    expires,
  },
  signature: `0x${'12'.repeat(65)}`,
})

let sent: { message: string; signature: Hex; passport: string } | null
let kept: readonly SignedVisa[]
let visas: ReturnType<typeof visa>[]

beforeEach(() => {
  sent = null
  kept = []
  required = value(0)
  visas = [visa('ResearcherStatus'), visa('AffiliationAndRole')]
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    if (url === `${ISSUER}/nonce`)
      return Promise.resolve(
        Response.json({
          format: 'biodesci-sign-in/1',
          chainId: '31337',
          registry: REGISTRY,
          nonce: '00112233445566778899aabbccddeeff',
          issuedAt: 1_900_000_000,
          expires: 1_900_000_600,
        }),
      )
    sent = JSON.parse(init.body as string)
    return Promise.resolve(
      Response.json({
        format: 'biodesci-visas/1',
        visas,
        ignored: ['A token has expired.'],
      }),
    )
  })
})

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

function shown(visaIssuers: readonly string[]) {
  const deployment = {
    chainId: 31337,
    contracts: { VisaRegistry: REGISTRY },
    visaIssuers,
  } as unknown as Deployment
  render(
    <QueryClientProvider client={new QueryClient()}>
      <DeploymentProvider value={deployment}>
        <VisaInput
          datasetId={3n}
          types={[2]}
          account={account.address}
          now={1_800_000_000}
          visas={[]}
          onChange={(given) => (kept = given)}
        />
      </DeploymentProvider>
    </QueryClientProvider>,
  )
}

it('asks for a passport only where the server names an issuer', () => {
  shown([])
  expect(screen.queryByLabelText('Or a GA4GH passport')).toBeNull()
})

it('has the wallet sign for the issuer, and keeps the visas that the offer asks for', async () => {
  await ask()
  await screen.findByText('A token has expired.')
  expect(kept.map(({ visa: { visaType } }) => visaType)).toEqual([2])
  const { message, signature, passport } = sent ?? { message: '', signature: '0x', passport: '' }
  expect(passport).toBe(PASSPORT)
  expect(message.startsWith('visas.example.org wants you to sign in')).toBe(true)
  expect(await verifyMessage({ address: account.address, message, signature })).toBe(true)
})

async function ask() {
  shown([ISSUER])
  const input = screen.getByLabelText('Or a GA4GH passport')
  fireEvent.change(input, { target: { files: [new File([`${PASSPORT}\n`], 'passport.jwt')] } })
  fireEvent.click(screen.getByRole('button', { name: 'Ask for visas' }))
  await waitFor(() => expect(sent).not.toBeNull())
}

const chosen = () => kept.map(({ visa: one }) => one.value)

describe('of several visas of one type', () => {
  beforeEach(() => {
    // The last is not the one that lasts longest, nor the one that the owner requires.
    visas = [
      visa('ResearcherStatus', value(1), 1_900_000_000),
      visa('ResearcherStatus', value(2), 1_910_000_000),
      visa('ResearcherStatus', value(3), 1_905_000_000),
    ]
  })

  it.each([1, 2, 3])('a passport’s one that the owner requires is kept (%i)', async (digit) => {
    required = value(digit)
    await ask()
    await screen.findByText('A token has expired.')
    expect(chosen()).toEqual([value(digit)])
  })

  it('the one that lasts longest is kept where none fits', async () => {
    required = value(9)
    await ask()
    await screen.findByText('A token has expired.')
    expect(chosen()).toEqual([value(2)])
  })

  it('none is taken for unfit because the chain’s node is away', async () => {
    required = 'away'
    await ask()
    expect(await screen.findByRole('alert')).toHaveTextContent('The node is away.')
    expect(kept).toEqual([])
  })

  it('the same holds for files', async () => {
    required = value(1)
    shown([])
    const files = visas.map((one) => new File([JSON.stringify(one)], 'visa.json'))
    fireEvent.change(screen.getByLabelText('Visa files'), { target: { files } })
    await waitFor(() => expect(chosen()).toEqual([value(1)]))
  })
})

it('says what is missing, and sends nothing', async () => {
  shown([ISSUER])
  fireEvent.click(screen.getByRole('button', { name: 'Ask for visas' }))
  await waitFor(() => expect(screen.getByText('No passport is chosen.')).toBeTruthy())
  expect(sent).toBeNull()
})
