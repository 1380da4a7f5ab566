import { describe, expect, it } from 'vitest'

import { counts, stepsOf, weightOf } from './states'

const made = (standing: 'nobody' | 'owner' | 'requester', passed = true, superseded = false) => ({
  standing,
  passed,
  superseded,
})

const audited = (attestations: Parameters<typeof stepsOf>[1]) =>
  stepsOf('finalized', attestations).find(({ title }) => title === 'Audited')

describe('statements of auditors', () => {
  it('count if requester or model owner had named the auditor', () => {
    expect(counts(made('requester'))).toBe(true)
    expect(counts(made('owner'))).toBe(true)
    expect(counts(made('nobody'))).toBe(false)
    expect(counts(made('requester', true, true))).toBe(false)
  })

  it('of somebody whom nobody named make nothing green, and nothing red', () => {
    for (const passed of [true, false]) {
      expect(audited([made('nobody', passed)])).toMatchObject({ state: 'later' })
      expect(audited([made('nobody', passed), made('requester')])).toMatchObject({
        state: 'done',
        note: '1 passed',
      })
    }
  })

  it('fail an inference as soon as one that counts does', () => {
    expect(audited([made('requester'), made('owner', false)])).toMatchObject({
      state: 'failed',
      note: '1 passed, 1 failed',
    })
    expect(audited([made('owner', false, true), made('owner')])).toMatchObject({ state: 'done' })
  })

  it('say who says what', () => {
    expect(weightOf(made('requester'))).toContain('the requester named')
    expect(weightOf(made('owner'))).toContain('owner trusts')
    expect(weightOf(made('nobody'))).toContain('nobody named')
    expect(weightOf(made('requester', true, true))).toContain('attested again')
  })
})
