/**
 * Visas (GA4GH passport visas, signed by EIP-712): read from a file and checked before anything is
 * paid. They go into the transaction alone.
 */
import { isAddress, isAddressEqual, isHex, size, type Address, type Hex } from 'viem'

import type { VisaFile } from '@/generated/documents'

import { Failure } from './failure'
import { date, shorten } from './format'

/** In the order of `VisaType` in contracts/interfaces/IVisaRegistry.sol. */
export const VISA_TYPES = [
  'AffiliationAndRole',
  'AcceptedTermsAndPolicies',
  'ResearcherStatus',
  'ControlledAccessGrants',
] as const satisfies readonly VisaFile['visa']['visaType'][]

export const VISA_NAMES: readonly string[] = [
  'Affiliation and role',
  'Accepted terms and policies',
  'Researcher status',
  'Controlled access grant',
]

export interface Visa {
  subject: Address
  visaType: number
  value: Hex
  issuer: Address
  /** Seconds. */
  asserted: number
  /** Seconds; the first moment when it is not valid any more. */
  expires: number
}

export interface SignedVisa {
  visa: Visa
  signature: Hex
  /** The one VisaRegistry that it was signed for. */
  chainId: number
  registry: Address
}

const FORMAT: VisaFile['format'] = 'biodesci-visa/1'
const FILE_FIELDS = ['format', 'warning', 'chainId', 'registry', 'visa', 'signature']
const VISA_FIELDS = ['subject', 'visaType', 'value', 'issuer', 'asserted', 'expires']
/** A file is a few hundred bytes; a contract's signature may be longer. */
export const FILE_LIMIT = 16_384
const LAST_SECOND = 2 ** 40 - 1

/** The types in a bit mask, ascending. */
export function typesOf(mask: number): number[] {
  return VISA_TYPES.map((_, type) => type).filter((type) => mask & (1 << type))
}

/** Reads a visa's file. Throws a Failure where a field is unknown, missing or of another kind. */
export function parseVisa(text: string): SignedVisa {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (cause) {
    throw unreadable('it is not JSON', cause)
  }
  const { format, chainId, registry, visa, signature } = object(document, 'the file', FILE_FIELDS)
  if (format !== FORMAT) throw unreadable(`its format is not "${FORMAT}"`)
  const { subject, visaType, value, issuer, asserted, expires } = object(
    visa,
    '"visa"',
    VISA_FIELDS,
  )
  const type = VISA_TYPES.findIndex((name) => name === visaType)
  if (type < 0) throw unreadable('it names no known "visaType"')
  if (typeof subject !== 'string' || !isAddress(subject, { strict: false }))
    throw unreadable('"subject" is no address')
  if (typeof issuer !== 'string' || !isAddress(issuer, { strict: false }))
    throw unreadable('"issuer" is no address')
  if (!isHex(value) || size(value) !== 32 || value.length !== 66)
    throw unreadable('"value" is not 32 bytes in hexadecimal')
  if (!isHex(signature) || signature.length % 2 !== 0 || size(signature) === 0)
    throw unreadable('"signature" is not in hexadecimal')
  if (typeof registry !== 'string' || !isAddress(registry, { strict: false }))
    throw unreadable('"registry" is no address')
  if (typeof chainId !== 'number' || !Number.isSafeInteger(chainId))
    throw unreadable('"chainId" is no number')
  return {
    chainId,
    registry,
    visa: {
      subject,
      visaType: type,
      value,
      issuer,
      asserted: seconds(asserted, 'asserted'),
      expires: seconds(expires, 'expires'),
    },
    signature,
  }
}

export interface Required {
  account: Address
  chainId: number
  registry: Address
  /** The types that the offer asks for. */
  types: readonly number[]
  /** The chain's clock, in seconds. */
  now: number
}

/**
 * Throws what the contract would refuse of one visa, as far as it shows without asking the chain.
 */
export function checkVisa(
  signed: SignedVisa,
  { account, chainId, registry, types, now }: Required,
): void {
  const { visa } = signed
  const name = (VISA_NAMES[visa.visaType] ?? '').toLowerCase()
  if (signed.chainId !== chainId || !isAddressEqual(signed.registry, registry))
    throw new Failure(
      'evidence',
      'This visa was issued for another network or registry.',
      `Ask the issuer for one for network ${chainId} and the registry ${registry}.`,
    )
  if (!isAddressEqual(visa.subject, account))
    throw new Failure(
      'evidence',
      `This visa was issued to ${shorten(visa.subject)}, not to your account.`,
      'Choose that account in your wallet, or ask the issuer for a visa for this one.',
    )
  if (!types.includes(visa.visaType))
    throw new Failure(
      'evidence',
      `This offer asks for no visa of the type ${name}.`,
      `It asks for: ${listOf(types)}.`,
    )
  if (visa.expires <= now)
    throw new Failure(
      'evidence',
      `This visa expired on ${date(new Date(visa.expires * 1000))}.`,
      'Ask its issuer for a new one.',
    )
  if (visa.asserted > now)
    throw new Failure(
      'evidence',
      `This visa is valid only from ${date(new Date(visa.asserted * 1000))}.`,
      'Try again then, or ask its issuer for a corrected visa.',
    )
}

/** The required types that no visa shows. */
export function missingTypes(visas: readonly SignedVisa[], types: readonly number[]): number[] {
  return types.filter((type) => !visas.some(({ visa }) => visa.visaType === type))
}

export function listOf(types: readonly number[]): string {
  return types.map((type) => (VISA_NAMES[type] ?? '').toLowerCase()).join(', ')
}

/** With these fields and no other. */
function object(value: unknown, what: string, known: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw unreadable(`${what} is no object`)
  const surplus = Object.keys(value).find((field) => !known.includes(field))
  if (surplus !== undefined) throw unreadable(`${what} has an unknown field`)
  return value as Record<string, unknown>
}

function seconds(value: unknown, field: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > LAST_SECOND)
    throw unreadable(`"${field}" is no time in seconds`)
  return value
}

function unreadable(why: string, cause?: unknown): Failure {
  return new Failure(
    'evidence',
    `This is not a visa file: ${why}.`,
    'Choose the JSON file that the issuer sent you, unchanged.',
    { cause },
  )
}
