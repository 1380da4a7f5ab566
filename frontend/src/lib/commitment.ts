/** Commitments of docs/protocol.md that a person in front of a browser checks. */
import { encodeAbiParameters, keccak256, stringToBytes, toHex, type Address, type Hex } from 'viem'

import { equal, fromHex, type Bytes } from './bytes'
import { Failure, WRONG_KEY_HINT } from './failure'

const KEY_DOMAIN = keccak256(stringToBytes('biodesci/key-commitment/v2'))

/** Who committed to a dataset key: the account that published the version, as DatasetNFT says. */
export interface Publisher {
  chainId: number
  contract: Address
  account: Address
}

export function keyCommitment(by: Publisher, key: Uint8Array, salt: Uint8Array): Bytes {
  if (key.length !== 32 || salt.length !== 32)
    throw new RangeError('a dataset key and its salt have 32 bytes each')
  return fromHex(
    keccak256(
      encodeAbiParameters(
        [
          { type: 'bytes32' },
          { type: 'uint256' },
          { type: 'address' },
          { type: 'address' },
          { type: 'bytes32' },
          { type: 'bytes32' },
        ],
        [KEY_DOMAIN, BigInt(by.chainId), by.contract, by.account, toHex(salt), toHex(key)],
      ),
    ),
  )
}

/** What DatasetNFT keeps of a version’s content root and key commitment (32 bytes each). */
export function ofVersion(contentRoot: Hex, committed: Hex): Hex {
  return keccak256(
    encodeAbiParameters([{ type: 'bytes32' }, { type: 'bytes32' }], [contentRoot, committed]),
  )
}

/**
 * Throws unless `key` is the one the data owner committed to when the dataset version was
 * published.
 */
export function checkKey(
  by: Publisher,
  key: Uint8Array,
  salt: Uint8Array,
  committed: Uint8Array,
): void {
  if (equal(keyCommitment(by, key, salt), committed)) return
  throw new Failure(
    'wrong-key',
    'The delivered key is not the one the data owner committed to on chain.',
    WRONG_KEY_HINT,
  )
}
