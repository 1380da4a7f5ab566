import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, describe, expect, it, vi } from 'vitest'

import { fingerprint, messageOf, PASSPORT_LIMIT, requestVisas } from './passport'

const ACCOUNT = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const OTHER = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC'
const REGISTRY = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
const ISSUER = 'https://visas.example.org'
const vectors = JSON.parse(
  readFileSync(join(__dirname, '../../../tests/vectors/sign_in.json'), 'utf8'),
)

const terms = {
  format: 'biodesci-sign-in/1',
  chainId: '31337',
  registry: REGISTRY,
  nonce: '00112233445566778899aabbccddeeff',
  issuedAt: 1_900_000_000,
  expires: 1_900_000_600,
}
const signed = {
  format: 'biodesci-visa/1',
  warning: 'Personal.',
  chainId: 31337,
  registry: REGISTRY,
  visa: {
    subject: ACCOUNT,
    visaType: 'ResearcherStatus',
    value: `0x${'00'.repeat(32)}`,
    issuer: OTHER,
    asserted: 1,
    expires: 1_900_000_000,
  },
  signature: `0x${'12'.repeat(65)}`,
}
const answer = { format: 'biodesci-visas/1', visas: [signed], ignored: ['A token has expired.'] }
const sign = vi.fn(() => Promise.resolve('0x12' as const))

/** An issuer that answers so. */
function serves(nonce: unknown, visas: unknown, status = 200) {
  const asked = vi.fn((url: string, _init: RequestInit) =>
    Promise.resolve(
      url.endsWith('/nonce')
        ? new Response(JSON.stringify(nonce))
        : new Response(JSON.stringify(visas), { status }),
    ),
  )
  vi.stubGlobal('fetch', asked)
  return asked
}

const ask = (passport = vectors.passport) =>
  requestVisas({
    issuer: ISSUER,
    passport,
    account: ACCOUNT,
    chainId: 31337,
    registry: REGISTRY,
    sign,
  })

afterEach(() => {
  vi.unstubAllGlobals()
  sign.mockClear()
})

describe('passport', () => {
  it('has the message that Python writes', () => {
    for (const { domain, address, uri, expires, text } of vectors.cases) {
      const { chainId, nonce, issuedAt } = vectors
      const passport = fingerprint(vectors.passport)
      expect(messageOf({ domain, address, passport, uri, chainId, nonce, issuedAt, expires })).toBe(
        text,
      )
    }
  })

  it('brings visas, for a message that names the site that was chosen', async () => {
    const asked = serves(terms, answer)
    const given = await ask(`${vectors.passport}\n`)
    expect(given.visas.map(({ visa }) => visa.visaType)).toEqual([2])
    expect(given.ignored).toEqual(answer.ignored)
    const [url, init] = asked.mock.calls[1] ?? []
    expect(url).toBe(`${ISSUER}/visas`)
    const body = JSON.parse(init?.body as string)
    expect(body.message).toBe(vectors.cases[0].text)
    expect(body.passport).toBe(vectors.passport)
    expect(sign).toHaveBeenCalledWith(body.message)
  })

  it.each([
    ['another network', { chainId: '1' }],
    ['another network', { registry: OTHER }],
    ['not one that an issuer gives', { expires: 2_000_000_000 }],
    ['not one that an issuer gives', { nonce: 'x\nURI: https://elsewhere.example' }],
    ['not one that an issuer gives', { format: 'other' }],
  ])('signs nothing where the issuer asks for %s', async (why, change) => {
    serves({ ...terms, ...change }, answer)
    await expect(ask()).rejects.toThrow(why)
    expect(sign).not.toHaveBeenCalled()
  })

  it('takes no visa of another account or network', async () => {
    for (const change of [
      { visa: { ...signed.visa, subject: OTHER } },
      { chainId: 1 },
      { registry: OTHER },
    ]) {
      serves(terms, { ...answer, visas: [{ ...signed, ...change }] })
      await expect(ask()).rejects.toThrow('not one that an issuer gives')
    }
  })

  it('says what the issuer refuses, and that it is away', async () => {
    serves(terms, { detail: 'A token has expired.', hint: 'Ask its broker.' }, 403)
    await expect(ask()).rejects.toThrow('The issuer refused: A token has expired.')
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no')))
    await expect(ask()).rejects.toThrow('does not answer')
  })

  it('sends nothing that can be no passport', async () => {
    const asked = serves(terms, answer)
    for (const passport of ['', ' ', 'a b', 'é', 'x'.repeat(PASSPORT_LIMIT + 1)])
      await expect(ask(passport)).rejects.toThrow('holds no GA4GH passport')
    expect(asked).not.toHaveBeenCalled()
  })
})
