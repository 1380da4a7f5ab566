import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { checkVisa, missingTypes, parseVisa, typesOf, type Required } from './visa'

const ACCOUNT = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const OTHER = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC'
const REGISTRY = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
const NOW = 1_800_000_000

const visa = {
  subject: ACCOUNT,
  visaType: 'ResearcherStatus',
  value: `0x${'00'.repeat(32)}`,
  issuer: OTHER,
  asserted: NOW - 60,
  expires: NOW + 60,
}
const file = {
  format: 'biodesci-visa/1',
  chainId: 31337,
  registry: REGISTRY,
  visa,
  signature: `0x${'12'.repeat(65)}`,
}
const required: Required = {
  account: ACCOUNT,
  chainId: 31337,
  registry: REGISTRY,
  types: [1, 2],
  now: NOW,
}

const of = (change: Partial<typeof visa>) =>
  parseVisa(JSON.stringify({ ...file, visa: { ...visa, ...change } }))

describe('visa file', () => {
  it('is read as an issuer writes it', () => {
    expect(parseVisa(JSON.stringify({ ...file, warning: 'Personal' }))).toEqual({
      ...file,
      format: undefined,
      visa: { ...visa, visaType: 2 },
    })
  })

  it('is read as Python writes it, with no field that Python refuses', () => {
    const text = readFileSync(
      join(import.meta.dirname, '../../../tests/vectors/documents/visa.json'),
      'utf8',
    )
    expect(parseVisa(text).visa.visaType).toBe(2)
    for (const known of ['"warning"', '"asserted"'])
      expect(() => parseVisa(text.replace(known, `"surplus": 1, ${known}`))).toThrow(
        'unknown field',
      )
  })

  it.each([
    ['text', 'not JSON'],
    ['[]', 'no object'],
    [JSON.stringify({ ...file, format: 'another/1' }), 'its format'],
    [JSON.stringify({ ...file, signature: 'abcd' }), '"signature"'],
    [JSON.stringify({ ...file, signature: '0xabc' }), '"signature"'],
    [JSON.stringify({ ...file, registry: '0x12' }), '"registry"'],
    [JSON.stringify({ ...file, visa: { ...visa, visaType: 'LinkedIdentities' } }), '"visaType"'],
    [JSON.stringify({ ...file, visa: { ...visa, visaType: 2 } }), '"visaType"'],
    [JSON.stringify({ ...file, visa: { ...visa, subject: 'me' } }), '"subject"'],
    [JSON.stringify({ ...file, visa: { ...visa, value: '0x12' } }), '"value"'],
    [JSON.stringify({ ...file, visa: { ...visa, value: `0x${'0'.repeat(63)}` } }), '"value"'],
    [JSON.stringify({ ...file, visa: { ...visa, expires: '2027-01-01' } }), '"expires"'],
    [JSON.stringify({ ...file, visa: { ...visa, asserted: 2 ** 40 } }), '"asserted"'],
  ])('refuses %s', (text, why) => {
    expect(() => parseVisa(text)).toThrow(why)
  })
})

describe('visa', () => {
  it('is accepted for its subject, type and time', () => {
    expect(() => checkVisa(of({}), required)).not.toThrow()
  })

  it.each([
    [{ subject: OTHER }, {}, 'issued to 0x3C44…93BC'],
    [{ visaType: 'AffiliationAndRole' }, {}, 'asks for no visa of the type affiliation and role'],
    [{ expires: NOW }, {}, 'expired'],
    [{ asserted: NOW + 1 }, {}, 'valid only from'],
    [{}, { chainId: 1 }, 'another network'],
    [{}, { registry: OTHER }, 'another network or registry'],
  ] as const)('is refused: %j %j', (change, need, why) => {
    expect(() => checkVisa(of(change), { ...required, ...need })).toThrow(why)
  })

  it('leaves missing what nobody showed', () => {
    expect(typesOf(0b0110)).toEqual([1, 2])
    expect(missingTypes([of({})], [1, 2])).toEqual([1])
  })
})
