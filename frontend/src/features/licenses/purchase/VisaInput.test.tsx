// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { createWalletClient, custom, verifyMessage, type Hex } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { foundry } from 'viem/chains'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

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

const visa = (visaType: string) => ({
  format: 'biodesci-visa/1',
  warning: 'Personal.',
  chainId: 31337,
  registry: REGISTRY,
  visa: {
    subject: account.address,
    visaType,
    value: `0x${'00'.repeat(32)}`,
    issuer: REGISTRY,
    asserted: 1,
    expires: 1_900_000_000,
  },
  signature: `0x${'12'.repeat(65)}`,
})

let sent: { message: string; signature: Hex; passport: string } | null
let kept: readonly SignedVisa[]

beforeEach(() => {
  sent = null
  kept = []
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
        visas: [visa('ResearcherStatus'), visa('AffiliationAndRole')],
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
          types={[2]}
          account={account.address}
          now={1_800_000_000}
          visas={[]}
          onChange={(visas) => (kept = visas)}
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
  shown([ISSUER])
  const input = screen.getByLabelText('Or a GA4GH passport')
  fireEvent.change(input, { target: { files: [new File([`${PASSPORT}\n`], 'passport.jwt')] } })
  fireEvent.click(screen.getByRole('button', { name: 'Ask for visas' }))
  await screen.findByText('A token has expired.')
  expect(kept.map(({ visa: { visaType } }) => visaType)).toEqual([2])
  const { message, signature, passport } = sent ?? { message: '', signature: '0x', passport: '' }
  expect(passport).toBe(PASSPORT)
  expect(message.startsWith('visas.example.org wants you to sign in')).toBe(true)
  expect(await verifyMessage({ address: account.address, message, signature })).toBe(true)
})

it('says what is missing, and sends nothing', async () => {
  shown([ISSUER])
  fireEvent.click(screen.getByRole('button', { name: 'Ask for visas' }))
  await waitFor(() => expect(screen.getByText('No passport is chosen.')).toBeTruthy())
  expect(sent).toBeNull()
})
