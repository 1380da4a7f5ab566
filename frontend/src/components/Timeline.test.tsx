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
            details: {},
            txHash: `0x${'ab'.repeat(32)}`,
          },
        ]}
      />,
    )
    expect(screen.getByRole('listitem')).toHaveTextContent('Passed on to another owner')
  })

  it('says who called, where the event says so', () => {
    const by = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
    const event = {
      name: 'LicenseSettled',
      contract: 'AccessLicense',
      block: 7,
      time: '2026-11-01T10:00:00Z',
      txHash: `0x${'ab'.repeat(32)}`,
    }
    render(<Timeline activity={[{ ...event, details: { by } }]} />)
    expect(screen.getByTitle(by)).toBeInTheDocument()
    cleanup()
    render(<Timeline activity={[{ ...event, details: { by, owner: event.txHash } }]} />)
    expect(screen.getByTitle(by)).toBeInTheDocument()
    cleanup()
    render(<Timeline activity={[{ ...event, details: { by: 'the owner' } }]} />)
    expect(screen.queryByText(/^by/)).toBeNull()
  })

  it.each([
    ['RoleGranted', 'by'],
    ['RoleRevoked', 'by'],
    ['ModelVersionPublished', 'by'],
    ['RoundAborted', 'by'],
    ['VersionPublished', 'publisher'],
    ['DatasetPublished', 'owner'],
    ['ModelRegistered', 'owner'],
    ['RoundOpened', 'owner'],
  ])('says who called of %s, which names it as its %s', (name, field) => {
    const declared = told.find((one) => one.name === name)
    expect(declared?.inputs).toContainEqual(
      expect.objectContaining({ name: field, type: 'address' }),
    )
    const caller = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
    const event = { name, contract: 'DatasetNFT', block: 7, time: '2026-11-01T10:00:00Z' }
    const txHash = `0x${'ab'.repeat(32)}`
    render(<Timeline activity={[{ ...event, txHash, details: { [field]: caller } }]} />)
    expect(screen.getByTitle(caller)).toBeInTheDocument()
  })

  it('has a sentence for an arbiter’s acceptance', () => {
    expect(sentenceFor('ArbitrationAccepted')).toMatch(/disputes/)
  })
})
