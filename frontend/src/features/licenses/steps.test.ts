import { zeroAddress } from 'viem'
import { describe, expect, it } from 'vitest'

import { holds, isOver, NO_END, type License } from './chain'
import { statusNow, statusOf, stepsOf } from './steps'

const NOW = 1_800_000_000
const LICENSE: License = {
  id: 1n,
  offerId: 2n,
  datasetId: 3n,
  licensee: zeroAddress,
  version: 1,
  state: 'settled',
  right: 'download',
  usesLeft: 2 ** 32 - 1,
  price: 10n,
  currency: zeroAddress,
  deadline: 0,
  expiresAt: NOW + 60,
  proRata: false,
  earned: 0n,
  active: true,
}
const of = (change: Partial<License>): License => ({ ...LICENSE, ...change })

describe('statusNow', () => {
  it.each([
    ['Settled', {}],
    ['Settled', { expiresAt: NO_END }],
    ['Expired', { expiresAt: NOW }],
    ['Expired', { state: 'delivered', expiresAt: NOW - 1 }],
    ['Used up', { usesLeft: 0 }],
    ['Revoked', { state: 'revoked', expiresAt: NOW - 1 }],
    ['Disputed', { state: 'disputed', expiresAt: NOW - 1 }],
    ['Refunded', { state: 'refunded', expiresAt: 0, usesLeft: 0 }],
  ] as const)('is "%s"', (name, change) => {
    const license = of(change)
    expect(statusNow(license, NOW).name).toBe(name)
    expect(isOver(license, NOW)).toBe(name === 'Expired' || name === 'Used up')
  })
})

describe('a licence without a key', () => {
  it.each(['train', 'infer'] as const)('is nowhere said to have one: %s', (right) => {
    for (const state of ['inReview', 'purchased', 'delivered', 'settled'] as const) {
      const license = of({ right, state, deadline: NOW + 60 })
      const texts = stepsOf(license, NOW, true).flatMap(({ title, note }) => [title, note ?? ''])
      expect([statusOf(license).name, ...texts].join(' ')).not.toMatch(/key/i)
    }
    expect(statusOf(of({ state: 'delivered' })).name).toBe('Key delivered')
  })
})

describe('holds', () => {
  it.each([
    [true, {}],
    [true, { state: 'inReview', active: false, expiresAt: 0 }],
    [true, { state: 'disputed', active: false }],
    [false, { offerId: 9n }],
    [false, { active: false, usesLeft: 0 }],
    [false, { active: false, expiresAt: NOW - 1 }],
    [false, { state: 'refunded', active: false, expiresAt: 0 }],
  ] as const)('is %s with %o', (yes, change) => {
    expect(holds(of(change), 2n)).toBe(yes)
  })
})
