/**
 * Content identifiers of UnixFS files (dag-pb, SHA-256): contracts hold the 32-byte digest, people
 * see CIDv1 base32.
 */
import { concat, copy, fromHex, type Bytes } from './bytes'

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const V1_DAG_PB_SHA256 = Uint8Array.of(0x01, 0x70, 0x12, 0x20)
const V0_SHA256 = Uint8Array.of(0x12, 0x20)

export function fromDigest(digest: Uint8Array): string {
  if (digest.length !== 32) throw new RangeError(`a digest has 32 bytes, not ${digest.length}`)
  return `b${base32(concat(V1_DAG_PB_SHA256, digest))}`
}

export function toDigest(cid: string): Bytes {
  let bytes: Bytes
  // By their length first: a stranger's text may be long, and has one form only.
  if (/^Qm.{44}$/.test(cid)) bytes = stripPrefix(unbase58(cid), V0_SHA256)
  else if (/^b.{58}$/.test(cid)) bytes = stripPrefix(unbase32(cid.slice(1)), V1_DAG_PB_SHA256)
  else if (/^f[0-9a-f]{72}$/.test(cid)) bytes = stripPrefix(fromHex(cid.slice(1)), V1_DAG_PB_SHA256)
  else throw new RangeError('not a CID of a dag-pb file with a SHA-256 digest')
  if (bytes.length !== 32)
    throw new RangeError(`a SHA-256 CID carries 32 bytes, not ${bytes.length}`)
  return bytes
}

function stripPrefix(bytes: Bytes, prefix: Uint8Array): Bytes {
  if (!prefix.every((b, i) => bytes[i] === b))
    throw new RangeError('not a CID of a dag-pb file with a SHA-256 digest')
  return copy(bytes.subarray(prefix.length))
}

/** RFC 4648 base32, lower case, without padding. */
function base32(bytes: Uint8Array): string {
  let out = ''
  let bits = 0
  let value = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      out += BASE32.charAt((value >>> bits) & 31)
    }
    value &= (1 << bits) - 1
  }
  return bits > 0 ? out + BASE32.charAt((value << (5 - bits)) & 31) : out
}

function unbase32(text: string): Bytes {
  const out: number[] = []
  let bits = 0
  let value = 0
  for (const char of text) {
    const digit = BASE32.indexOf(char)
    if (digit < 0) throw new RangeError('not base32')
    value = (value << 5) | digit
    bits += 5
    if (bits >= 8) {
      bits -= 8
      out.push((value >>> bits) & 255)
      value &= (1 << bits) - 1
    }
  }
  if (value !== 0 || bits >= 5) throw new RangeError('base32 with trailing bits')
  return Uint8Array.from(out)
}

function unbase58(text: string): Bytes {
  let value = 0n
  for (const char of text) {
    const digit = BASE58.indexOf(char)
    if (digit < 0) throw new RangeError('not base58')
    value = value * 58n + BigInt(digit)
  }
  const hex = value.toString(16)
  return fromHex(hex.length % 2 ? `0${hex}` : hex)
}
