/**
 * Key files: a secret at rest, sealed under a passphrase (scrypt, RFC 7914, then AES-256-GCM). Same
 * bytes as core/keyfile.py.
 */
import { scryptAsync } from '@noble/hashes/scrypt.js'

import { concat, copy, equal, utf8, type Bytes } from './bytes'
import { Failure } from './failure'

const MAGIC = utf8('BDSK')
const VERSION = 1
const SALT_LENGTH = 16
const NONCE_LENGTH = 12
const FIXED = MAGIC.length + 4
const HEADER_LENGTH = FIXED + SALT_LENGTH + NONCE_LENGTH
const LOG_N = 15
const R = 8
const P = 3
/** A forged header must not be able to ask for gigabytes. */
const MIN_LOG_N = 10
const MAX_LOG_N = 20
const DOMAIN = 'biodesci/keyfile/v1/'

/** `logN`: scrypt's cost; one more doubles time and memory. */
export async function seal(
  secret: Bytes,
  passphrase: string,
  purpose: string,
  logN = LOG_N,
): Promise<Bytes> {
  const header = concat(
    MAGIC,
    Uint8Array.of(VERSION, logN, R, P),
    crypto.getRandomValues(new Uint8Array(SALT_LENGTH + NONCE_LENGTH)),
  )
  const key = await derive(header, passphrase)
  return concat(
    header,
    new Uint8Array(await crypto.subtle.encrypt(gcm(header, purpose), key, secret)),
  )
}

export async function open(file: Bytes, passphrase: string, purpose: string): Promise<Bytes> {
  const header = copy(file.subarray(0, HEADER_LENGTH))
  const [version = 0, logN = 0, r, p] = header.subarray(MAGIC.length, FIXED)
  const known = equal(header.subarray(0, 4), MAGIC) && version === VERSION && r === R && p === P
  const sound = known && file.length >= HEADER_LENGTH + 16 && logN >= MIN_LOG_N && logN <= MAX_LOG_N
  if (!sound)
    throw new Failure(
      'wrong-key',
      'This is not a BioDeSci key file.',
      'Choose the recovery file that you saved when you created the key.',
    )
  const key = await derive(header, passphrase)
  try {
    return new Uint8Array(
      await crypto.subtle.decrypt(gcm(header, purpose), key, copy(file.subarray(HEADER_LENGTH))),
    )
  } catch (cause) {
    throw new Failure(
      'wrong-passphrase',
      'The passphrase is wrong, or the key file is damaged.',
      'Check capitals and keyboard layout, and try again. Nothing was changed.',
      { cause },
    )
  }
}

async function derive(header: Bytes, passphrase: string): Promise<CryptoKey> {
  const salt = header.subarray(FIXED, FIXED + SALT_LENGTH)
  const N = 2 ** (header[MAGIC.length + 1] ?? LOG_N)
  const raw = await scryptAsync(passphrase.normalize('NFC'), salt, {
    N,
    r: R,
    p: P,
    dkLen: 32,
    maxmem: 2 ** 31,
  })
  return crypto.subtle.importKey('raw', copy(raw), 'AES-GCM', false, ['encrypt', 'decrypt'])
}

function gcm(header: Bytes, purpose: string): AesGcmParams {
  return {
    name: 'AES-GCM',
    iv: copy(header.subarray(FIXED + SALT_LENGTH)),
    additionalData: concat(header, utf8(DOMAIN + purpose)),
  }
}
