import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Address } from 'viem'
import { expect, it } from 'vitest'

import { copy, utf8 } from './bytes'
import { isInShares, openShares } from './shares'

const FILE = join(import.meta.dirname, '../../../tests/vectors/documents/shared-key.json')
const raw = copy(readFileSync(FILE))
const document = JSON.parse(readFileSync(FILE, 'utf8'))
const [one, two] = document.shares
const licence = {
  chainId: one.release.chainId as number,
  contract: one.release.contract as Address,
  id: BigInt(one.release.licenseId),
  subject: one.release.licensee as Address,
}
/** As the vector was made: the SHA-256 of the licensee’s address. */
const seed = copy(createHash('sha256').update(licence.subject).digest())
const secret = Uint8Array.from({ length: 64 }, (_, i) => i)

const changed = (fields: object) => utf8(JSON.stringify({ ...document, ...fields }))

it('puts the key together from what guardians delivered', async () => {
  expect(isInShares(raw)).toBe(true)
  expect(await openShares(seed, raw, licence)).toEqual(copy(secret))
  expect(await openShares(seed, changed({ shares: [two, one] }), licence)).toEqual(copy(secret))
})

it('opens for this licence and licensee alone', async () => {
  for (const other of [
    { ...licence, id: licence.id + 1n },
    { ...licence, chainId: 1 },
    { ...licence, subject: licence.contract },
    { ...licence, contract: licence.subject },
  ])
    await expect(openShares(seed, raw, other)).rejects.toThrow('0 of the 2 shares')
  await expect(openShares(secret.slice(32), raw, licence)).rejects.toThrow('0 of the 2 shares')
})

it('names whose share is wrong, and does without it where others are right', async () => {
  const bytes = Buffer.from(two.release.sealed, 'base64')
  bytes[1_200] = (bytes[1_200] ?? 0) ^ 1
  const bent = { ...two, release: { ...two.release, sealed: bytes.toString('base64') } }
  await expect(openShares(seed, changed({ shares: [one, bent] }), licence)).rejects.toMatchObject({
    message: '1 of the 2 shares of the key that are needed are right.',
    hint: expect.stringContaining(two.release.guardian),
  })
  const enough = changed({ shares: [bent, one, two] })
  expect(await openShares(seed, enough, licence)).toEqual(copy(secret))
  const twice = changed({ shares: [one, one] })
  await expect(openShares(seed, twice, licence)).rejects.toThrow('1 of the 2 shares')
})

it('takes no share that the split does not commit to', async () => {
  const { split } = document.signed
  const [first, ...others] = split.guardians
  for (const other of [
    { ...split, threshold: 3 },
    { ...split, version: 3 },
    { ...split, guardians: [{ ...first, share: `0x${'00'.repeat(32)}` }, ...others] },
  ])
    await expect(
      openShares(seed, changed({ signed: { ...document.signed, split: other } }), licence),
    ).rejects.toThrow('0 of the')
})

it('refuses what is no key in shares', async () => {
  for (const text of [
    '{',
    '{}',
    '{"format":"biodesci-shared-key/1"}',
    '[]',
    '{"signed":{"split":{}}}',
  ])
    await expect(openShares(seed, utf8(text), licence)).rejects.toThrow('guardians')
  await expect(openShares(seed, changed({ format: 'other/1' }), licence)).rejects.toThrow()
})
