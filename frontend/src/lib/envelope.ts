/**
 * Envelopes (docs/protocol.md): a secret sealed to one person's X-Wing key (X25519 + ML-KEM-768) by
 * HPKE, RFC 9180 base mode. Loaded on demand: the post-quantum code is the heaviest part of the
 * page.
 */
import { Aes256Gcm, CipherSuite, HkdfSha256 } from '@hpke/core'
import { XWing } from '@hpke/hybridkem-x-wing'
import { encodeAbiParameters, keccak256, stringToBytes, type Address } from 'viem'

import { concat, copy, equal, fromHex, utf8, type Bytes } from './bytes'
import { Failure, tampered, WRONG_KEY_HINT } from './failure'

const SEED_LENGTH = 32
const ENC_LENGTH = 1120
const HEADER = concat(utf8('BDSE'), Uint8Array.of(1, 0, 0, 0))

const kem = new XWing()
const suite = new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Aes256Gcm() })

export type Purpose =
  | 'license'
  | 'released-share'
  | 'codec'
  | 'inference-input'
  | 'inference-output'

interface Binding {
  purpose: Purpose
  chainId: number
  contract: Address
  id: bigint
  subject: Address
}

export function generateSeed(): Bytes {
  return crypto.getRandomValues(new Uint8Array(SEED_LENGTH))
}

export async function publicKey(seed: Uint8Array): Promise<Bytes> {
  const pair = await kem.generateKeyPairDerand(copy(seed))
  return new Uint8Array(await kem.serializePublicKey(pair.publicKey))
}

/**
 * Binds an envelope to what it is for, so that it can't be replayed for another licence, chain or
 * person.
 */
export function info(binding: Binding): Bytes {
  return fromHex(
    keccak256(
      encodeAbiParameters(
        [
          { type: 'bytes32' },
          { type: 'bytes32' },
          { type: 'uint256' },
          { type: 'address' },
          { type: 'uint256' },
          { type: 'address' },
        ],
        [
          keccak256(stringToBytes('biodesci/envelope/v1')),
          keccak256(stringToBytes(binding.purpose)),
          BigInt(binding.chainId),
          binding.contract,
          binding.id,
          binding.subject,
        ],
      ),
    ),
  )
}

export async function seal(
  recipient: Uint8Array,
  plaintext: Uint8Array,
  bound: Bytes,
): Promise<Bytes> {
  const key = await kem.deserializePublicKey(copy(recipient))
  const sender = await suite.createSenderContext({ recipientPublicKey: key, info: bound })
  const ciphertext = await sender.seal(copy(plaintext))
  return concat(HEADER, new Uint8Array(sender.enc), new Uint8Array(ciphertext))
}

export async function open(seed: Uint8Array, envelope: Uint8Array, bound: Bytes): Promise<Bytes> {
  if (
    envelope.length < HEADER.length + ENC_LENGTH + 16 ||
    !equal(envelope.subarray(0, HEADER.length), HEADER)
  )
    throw tampered('The envelope with your key')
  const enc = copy(envelope.subarray(HEADER.length, HEADER.length + ENC_LENGTH))
  const ciphertext = copy(envelope.subarray(HEADER.length + ENC_LENGTH))
  try {
    const pair = await kem.generateKeyPairDerand(copy(seed))
    const recipient = await suite.createRecipientContext({
      recipientKey: pair.privateKey,
      enc,
      info: bound,
    })
    return new Uint8Array(await recipient.open(ciphertext))
  } catch (cause) {
    throw new Failure(
      'wrong-key',
      'The envelope does not open with your key in this browser.',
      `If you bought the licence with an earlier key, load its recovery file under "My key". Otherwise: ${WRONG_KEY_HINT}`,
      { cause },
    )
  }
}
