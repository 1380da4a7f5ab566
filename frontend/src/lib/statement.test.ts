import { describe, expect, it } from 'vitest'

import { newStatement, statementFile, statementHash } from './statement'

describe('research statement', () => {
  it('hashes as docs/protocol.md says', () => {
    expect(statementHash('Risk factors of heart disease, é', `0x${'11'.repeat(32)}`)).toBe(
      '0x2e7734431668ccecdd55d4104356785298d65d8164d0f8e6d05f7137749f8798',
    )
  })

  it('has a new salt each time, and a file that opens it', () => {
    const [one, two] = [newStatement('the same'), newStatement('the same')]
    expect(one.hash).not.toBe(two.hash)
    const saved = JSON.parse(statementFile(one)) as typeof one
    expect(statementHash(saved.text, saved.salt)).toBe(one.hash)
    expect(statementHash('another', saved.salt)).not.toBe(one.hash)
  })
})
