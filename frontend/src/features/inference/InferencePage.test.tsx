// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, screen } from '@testing-library/react'
import { MemoryRouter, Route, Routes } from 'react-router'
import { afterEach, expect, it, vi } from 'vitest'

import type { Attestation, InferenceAnswer } from '@/generated/api'
import type { Deployment } from '@/lib/config'
import { DeploymentProvider } from '@/lib/deployment'

import InferencePage from './InferencePage'

const address = (digits: string) => `0x${digits.repeat(20)}`
const word = `0x${'0a'.repeat(32)}`
const content = { digest: word, cid: 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi' }

const statement = (standing: Attestation['standing'], passed = true): Attestation => ({
  auditor: address('d4'),
  standing,
  superseded: false,
  passed,
  report: content as Attestation['report'],
  block: 5,
  time: '2026-11-01T10:00:00Z',
  txHash: word,
})

const inference = (attestations: Attestation[]): InferenceAnswer => ({
  id: 7,
  modelId: 2,
  version: 1,
  requester: address('a1'),
  worker: address('b2'),
  state: 'finalized',
  fee: '1000',
  inputCommitment: word,
  outputCommitment: word,
  requestedAt: '2026-11-01T10:00:00Z',
  committedAt: '2026-11-01T10:01:00Z',
  deadline: null,
  block: 3,
  txHash: word,
  arbiter: address('c3'),
  challengeWindow: 3600,
  input: content as InferenceAnswer['input'],
  output: content as InferenceAnswer['output'],
  weightsRoot: word,
  attestations,
  activity: [],
  asOf: 9,
})

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

async function show(attestations: Attestation[]) {
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json(inference(attestations))))
  render(
    <QueryClientProvider
      client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}
    >
      <DeploymentProvider value={{ fromBlock: 0n, contracts: {} } as Deployment}>
        <MemoryRouter initialEntries={['/inferences/7']}>
          <Routes>
            <Route path="inferences/:id" element={<InferencePage />} />
          </Routes>
        </MemoryRouter>
      </DeploymentProvider>
    </QueryClientProvider>,
  )
  await screen.findByRole('heading', { name: 'Audits' })
}

it('shows the statement of somebody whom nobody named as that, whatever it says', async () => {
  await show([statement('nobody')])
  expect(screen.getByText('A statement of 0xd4d4…d4d4: passed')).toBeInTheDocument()
  expect(screen.getByText(/whom nobody named/)).toBeInTheDocument()
  expect(screen.queryByText('✓ Passed')).toBeNull()
  expect(screen.queryByText('1 passed')).toBeNull()
})

it('shows the verdict of an auditor whom requester or model owner named, and who did', async () => {
  await show([statement('requester'), statement('owner', false)])
  expect(screen.getByText('✓ Passed')).toBeInTheDocument()
  expect(screen.getByText('× Failed')).toBeInTheDocument()
  expect(screen.getByText('By an auditor whom the requester named.')).toBeInTheDocument()
  expect(screen.getByText('By an auditor whom the model’s owner trusts.')).toBeInTheDocument()
})
