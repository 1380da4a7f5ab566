// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/react'
import type { Abi } from 'viem'
import { afterEach, describe, expect, it } from 'vitest'

import { AccessLicense, DatasetNFT, InferenceCommitment, ModelRegistry } from '@/generated/abi'

import { sentenceFor, Timeline } from './Timeline'

afterEach(cleanup)

/**
 * What the index files under a dataset, a licence, a model, a round or an inference (backend:
 * index/derive.py).
 */
const SUBJECTS = new Set(['licenseId', 'requestId', 'roundId', 'modelId', 'datasetId'])

const events = (abi: Abi) => abi.filter((item) => item.type === 'event')
const told = [AccessLicense, DatasetNFT, InferenceCommitment, ModelRegistry].flatMap((abi) =>
  events(abi).filter(({ inputs }) => inputs.some(({ name }) => SUBJECTS.has(name ?? ''))),
)

describe('Timeline', () => {
  it('reads the events from the contracts', () => {
    expect(told.length).toBeGreaterThan(25)
    expect(
      [DatasetNFT, ModelRegistry].every((abi) =>
        events(abi).some(({ name }) => name === 'Transfer'),
      ),
    ).toBe(true)
  })

  it.each([...new Set([...told.map(({ name }) => name), 'Transfer'])])(
    'has a sentence for %s',
    (name) => {
      expect(sentenceFor(name)).not.toBe(name)
      expect(sentenceFor(name)).toMatch(/^[A-Z].* |^[A-Z][a-z]+$/)
    },
  )

  it('says that a dataset was passed on', () => {
    render(
      <Timeline
        activity={[
          {
            name: 'Transfer',
            contract: 'DatasetNFT',
            block: 7,
            time: '2026-11-01T10:00:00Z',
            accounts: [],
            details: {},
            txHash: `0x${'ab'.repeat(32)}`,
          },
        ]}
      />,
    )
    expect(screen.getByRole('listitem')).toHaveTextContent('Passed on to another owner')
  })

  it('says who called, who is credited how much, and who is named, each with its role', () => {
    const caller = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
    const owner = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC'
    const sites = Array.from({ length: 5 }, (_, n) => `0x${String(n).repeat(40)}`)
    const credit = {
      amount: '25500000',
      currency: { address: `0x${'7e'.repeat(20)}`, symbol: 'TUSD', decimals: 6 },
    }
    render(
      <Timeline
        activity={[
          {
            name: 'LicenseSettled',
            contract: 'AccessLicense',
            block: 7,
            time: '2026-11-01T10:00:00Z',
            txHash: `0x${'ab'.repeat(32)}`,
            accounts: [
              { part: 'by', address: caller, role: 'licensee', credit: null },
              { part: 'credits', address: owner, role: 'owner', credit },
              ...sites.map(
                (address) => ({ part: 'names', address, role: 'site', credit: null }) as const,
              ),
            ],
            details: {},
          },
        ]}
      />,
    )
    const entry = screen.getByRole('listitem')
    expect(entry).toHaveTextContent('by0x7099…79C8(licensee)')
    expect(entry).toHaveTextContent('25.5 TUSD credited to0x3C44…93BC(owner)')
    expect(entry).toHaveTextContent('site0x2222…2222and 2 more')
    expect(screen.getByTitle(caller)).toBeInTheDocument()
    expect(screen.queryByTitle(sites[3] as string)).toBeNull()
  })

  it('has a sentence for an arbiter’s acceptance', () => {
    expect(sentenceFor('ArbitrationAccepted')).toMatch(/disputes/)
  })
})
