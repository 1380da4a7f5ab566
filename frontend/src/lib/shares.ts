/**
 * A dataset key that guardians delivered in shares (docs/guardians.md): each opens with the
 * licensee's key, what the split does not commit to is left out, and a threshold of the others give
 * the key. Whether it is the right one the commitment on chain says, as of any delivery. Loaded on
 * demand.
 */
import { keccak256, stringToBytes, type Address } from 'viem'

import type { KeyInSharesFile } from '@/generated/documents'

import { concat, equal, fromHex, utf8, type Bytes } from './bytes'
import { info, open } from './envelope'
import { Failure, tampered } from './failure'

/** GF(2^521 - 1), as core/shamir.py has it. */
const PRIME = (1n << 521n) - 1n
const SHARE_LENGTH = 69
const COMMITTED = fromHex(keccak256(stringToBytes('biodesci/share/v1')))
const WHAT = 'The key that the guardians delivered'

interface Licence {
  chainId: number
  contract: Address
  id: bigint
  subject: Address
}

/** Whether these bytes are a key in shares, and no envelope. */
export const isInShares = (raw: Uint8Array): boolean => raw[0] === 0x7b

/** Key and salt (64 bytes). Names the guardians whose shares are wrong, where too few are right. */
export async function openShares(
  seed: Uint8Array,
  raw: Uint8Array,
  licence: Licence,
): Promise<Bytes> {
  const { signed, shares } = parse(raw)
  const { split } = signed
  const content = fromHex(keccak256(utf8(canonical(split))))
  const where = info({ purpose: 'released-share', ...licence })
  const bound = fromHex(keccak256(concat(where, content)))
  const right = new Map<number, bigint>()
  const wrong: string[] = []
  let length = 0
  for (const { release } of shares) {
    const index = split.guardians.findIndex(({ account }) => account === release.guardian) + 1
    const share = await open(seed, fromBase64(release.sealed), bound).catch(() => undefined)
    const committed = split.guardians[index - 1]?.share
    if (share && committed && isShare(share, index, committed)) {
      length = share[2] ?? 0
      right.set(index, toNumber(share.subarray(3)))
    } else wrong.push(release.guardian)
  }
  if (right.size < split.threshold)
    throw new Failure(
      'wrong-key',
      `${right.size} of the ${split.threshold} shares of the key that are needed are right.`,
      `Ask the dataset’s owner to have it delivered again, without ${wrong.join(' and ')}.`,
    )
  return secret([...right].slice(0, split.threshold), length)
}

function isShare(share: Bytes, index: number, committed: string): boolean {
  return (
    share.length === SHARE_LENGTH &&
    256 * (share[0] ?? 0) + (share[1] ?? 0) === index &&
    equal(fromHex(keccak256(concat(COMMITTED, share))), fromHex(committed))
  )
}

/** Lagrange interpolation at zero. */
function secret(points: readonly (readonly [number, bigint])[], length: number): Bytes {
  let total = 0n
  for (const [at, value] of points) {
    let above = 1n
    let below = 1n
    for (const [other] of points) {
      if (other === at) continue
      above = modulo(above * BigInt(-other))
      below = modulo(below * BigInt(at - other))
    }
    total = modulo(total + value * above * power(below, PRIME - 2n))
  }
  if (total >> BigInt(8 * length) !== 0n) throw tampered(WHAT)
  return fromHex(total.toString(16).padStart(2 * length, '0'))
}

const modulo = (value: bigint): bigint => ((value % PRIME) + PRIME) % PRIME

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let left = exponent, square = base; left > 0n; left >>= 1n) {
    if (left & 1n) result = modulo(result * square)
    square = modulo(square * square)
  }
  return result
}

const toNumber = (bytes: Uint8Array): bigint =>
  bytes.reduce((value, byte) => (value << 8n) + BigInt(byte), 0n)

const fromBase64 = (text: string): Bytes =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0))

/** As the document's hash is made: fields in the order of their names, without spaces. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(',')}}`
}

function parse(raw: Uint8Array): KeyInSharesFile {
  try {
    const key = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(raw)) as KeyInSharesFile
    const { threshold, guardians } = key.signed.split
    const isOne =
      key.format === 'biodesci-shared-key/1' &&
      Number.isInteger(threshold) &&
      threshold >= 2 &&
      guardians.every(({ account, share }) => /^0x[0-9a-f]{64}$/.test(share) && account) &&
      key.shares.every(({ release }) => release.guardian && atob(release.sealed))
    if (isOne) return key
  } catch (cause) {
    throw tampered(WHAT, cause)
  }
  throw tampered(WHAT)
}
