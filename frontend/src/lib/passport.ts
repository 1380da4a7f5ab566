/**
 * Visas for a GA4GH passport, from an issuer that reads them (docs/passports.md): the wallet signs a
 * message (EIP-4361) that is made here, so that no issuer can have another site's signed.
 */
import type { Address, Hex } from 'viem'
import { sha256, stringToBytes } from 'viem'

import type { Problem } from '@/generated/api'

import { Failure } from './failure'
import { parseVisa, type SignedVisa } from './visa'

/** Characters of a passport. */
export const PASSPORT_LIMIT = 192 * 1024
const ANSWER_LIMIT = 256 * 1024
const PATIENCE = 60_000
/** Seconds that a message may last. */
const LIFETIME = 600

export interface SignIn {
  domain: string
  address: Address
  /** The passport's SHA-256, in hexadecimal digits. */
  passport: string
  uri: string
  chainId: number
  nonce: string
  /** Seconds. */
  issuedAt: number
  expires: number
}

interface Request {
  issuer: string
  passport: string
  account: Address
  chainId: number
  registry: Address
  /** `personal_sign` of a text. */
  sign: (message: string) => Promise<Hex>
}

export function messageOf(said: SignIn): string {
  return [
    `${said.domain} wants you to sign in with your Ethereum account:`,
    said.address,
    '',
    `Give me visas for the passport with the SHA-256 ${said.passport}.`,
    '',
    `URI: ${said.uri}`,
    'Version: 1',
    `Chain ID: ${said.chainId}`,
    `Nonce: ${said.nonce}`,
    `Issued At: ${time(said.issuedAt)}`,
    `Expiration Time: ${time(said.expires)}`,
  ].join('\n')
}

export function fingerprint(passport: string): string {
  return sha256(stringToBytes(passport)).slice(2)
}

/** The visas that the issuer signed, and why the rest of the passport gave none. */
export async function requestVisas(
  request: Request,
): Promise<{ visas: readonly SignedVisa[]; ignored: readonly string[] }> {
  const passport = request.passport.trim()
  if (passport === '' || passport.length > PASSPORT_LIMIT || !/^[\x21-\x7e]*$/.test(passport))
    throw new Failure(
      'evidence',
      'This file holds no GA4GH passport.',
      'Choose the file with the token that your broker issued, unchanged.',
    )
  const base = request.issuer.replace(/\/+$/, '')
  const terms = termsOf(await post(`${base}/nonce`, ''))
  if (
    terms.chainId !== request.chainId ||
    terms.registry.toLowerCase() !== request.registry.toLowerCase()
  )
    throw new Failure(
      'evidence',
      'The issuer signs visas for another network.',
      'Ask its operator for the address of one for this network.',
    )
  const message = messageOf({
    domain: new URL(request.issuer).host,
    address: request.account,
    passport: fingerprint(passport),
    uri: request.issuer,
    chainId: terms.chainId,
    nonce: terms.nonce,
    issuedAt: terms.issuedAt,
    expires: terms.expires,
  })
  const body = {
    format: 'biodesci-visa-request/1',
    passport,
    message,
    signature: await request.sign(message),
  }
  const answer = await post(`${base}/visas`, JSON.stringify(body))
  return visasOf(answer, request)
}

function termsOf(answer: Record<string, unknown>) {
  const { format, chainId, registry, nonce, issuedAt, expires } = answer
  if (
    format !== 'biodesci-sign-in/1' ||
    typeof chainId !== 'string' ||
    typeof registry !== 'string' ||
    typeof nonce !== 'string' ||
    !/^[0-9a-f]{8,128}$/.test(nonce) ||
    !isTime(issuedAt) ||
    !isTime(expires) ||
    expires <= issuedAt ||
    expires - issuedAt > LIFETIME
  )
    throw strange()
  return { chainId: Number(chainId), registry, nonce, issuedAt, expires }
}

function visasOf(answer: Record<string, unknown>, { account, chainId, registry }: Request) {
  const { format, visas, ignored } = answer
  if (format !== 'biodesci-visas/1' || !Array.isArray(visas) || !Array.isArray(ignored))
    throw strange()
  const read = visas.map((visa) => parseVisa(JSON.stringify(visa)))
  const isOurs = (one: SignedVisa) =>
    one.visa.subject.toLowerCase() === account.toLowerCase() &&
    one.chainId === chainId &&
    one.registry.toLowerCase() === registry.toLowerCase()
  if (!read.every(isOurs)) throw strange()
  return { visas: read, ignored: ignored.filter((why): why is string => typeof why === 'string') }
}

async function post(url: string, body: string): Promise<Record<string, unknown>> {
  let response: Response
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      redirect: 'error',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      signal: AbortSignal.timeout(PATIENCE),
    })
  } catch (cause) {
    throw new Failure(
      'api',
      'The issuer of visas does not answer.',
      'Try again later, or ask its operator whether this page may ask it.',
      { cause },
    )
  }
  const text = await response.text()
  if (text.length > ANSWER_LIMIT) throw strange()
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch (cause) {
    throw strange(cause)
  }
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) throw strange()
  if (response.ok) return answer as Record<string, unknown>
  const { detail, hint } = answer as Partial<Problem>
  throw new Failure(
    'evidence',
    `The issuer refused: ${detail ?? 'it gave no reason.'}`,
    hint ?? 'Ask its operator.',
  )
}

function time(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 40
}

function strange(cause?: unknown): Failure {
  return new Failure(
    'evidence',
    'The issuer’s answer is not one that an issuer gives.',
    'Ask its operator.',
    { cause },
  )
}
