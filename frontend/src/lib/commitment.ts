/** Commitments of docs/protocol.md that a person in front of a browser checks. */
import { keccak256, stringToBytes } from 'viem'

import { concat, equal, fromHex, type Bytes } from './bytes'
import { Failure } from './failure'

const KEY_DOMAIN = fromHex(keccak256(stringToBytes('biodesci/key-commitment/v1')))

export function keyCommitment(key: Uint8Array, salt: Uint8Array): Bytes {
  if (key.length !== 32 || salt.length !== 32)
    throw new RangeError('a dataset key and its salt have 32 bytes each')
  return fromHex(keccak256(concat(KEY_DOMAIN, salt, key)))
}

/**
 * Throws unless `key` is the one the data owner committed to when the dataset version was
 * published.
 */
export function checkKey(key: Uint8Array, salt: Uint8Array, committed: Uint8Array): void {
  if (equal(keyCommitment(key, salt), committed)) return
  throw new Failure(
    'wrong-key',
    'The delivered key is not the one the data owner committed to on chain.',
    'Do not confirm this licence. Open a dispute: your payment is still in escrow.',
  )
}
