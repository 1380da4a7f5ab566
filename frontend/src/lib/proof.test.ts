/** The vectors are Python's, too (tests/backend/core/test_published_card.py). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { parseProof } from './proof'

const VECTORS = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../tests/vectors/proofs.json'), 'utf8'),
) as { disease: number; cases: { name: string; text: string; steps: number | null }[] }

describe('a proof file', () => {
  it.each(VECTORS.cases)('is read or refused as in Python: $name', ({ text, steps }) => {
    if (steps === null) {
      expect(() => parseProof(text)).toThrow('This is not a proof for a disease.')
      return
    }
    const { disease, proof } = parseProof(text)
    expect(disease).toBe(VECTORS.disease)
    expect(proof).toHaveLength(steps)
  })
})
