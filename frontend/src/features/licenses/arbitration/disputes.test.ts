import { stringToHex } from 'viem'
import { describe, expect, it } from 'vitest'

import { readReason } from './disputes'

describe('readReason', () => {
  it('shows text as text, and whatever else as bytes', () => {
    const text = 'key does not open the file'
    expect(readReason(stringToHex(text, { size: 32 }))).toBe(text)
    expect(readReason(undefined)).toBe('')
    expect(readReason(`0x${'00'.repeat(32)}`)).toBe('')
    for (const bytes of [`0x${'5a00'.repeat(16)}`, `0x${'ff'.repeat(32)}`] as const)
      expect(readReason(bytes)).toBe(bytes)
    const turned = stringToHex('\u202Ereversed', { size: 32 })
    expect(readReason(turned)).toBe(turned)
  })
})
