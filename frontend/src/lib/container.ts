/**
 * Containers (docs/protocol.md): a dataset file at rest, as segmented AES-256-GCM in the STREAM
 * construction (Hoang, Reyhanitabar, Rogaway, Vizár, 2015). Decryption is a stream: a segment is
 * released only once its tag has been checked, and the Merkle root over all segments is compared
 * with the chain at the end.
 */
import { concat, equal, utf8, type Bytes } from './bytes'
import { Failure, tampered } from './failure'
import { MerkleTree } from './merkle'

export const HEADER_LENGTH = 48
const TAG_LENGTH = 16
const MAGIC = utf8('BDSC')
const VERSION = 1
const WHAT = 'The encrypted file'

interface Header {
  bytes: Bytes
  segmentSize: number
  fileId: Bytes
}

function parseHeader(bytes: Bytes): Header {
  const log = bytes[5] ?? 0
  const sound =
    bytes.length === HEADER_LENGTH &&
    equal(bytes.subarray(0, 4), MAGIC) &&
    bytes[4] === VERSION &&
    log >= 16 &&
    log <= 24 &&
    bytes.subarray(6, 16).every((b) => b === 0)
  if (!sound) throw tampered(WHAT)
  return { bytes, segmentSize: 2 ** log, fileId: bytes.slice(16) }
}

/**
 * Yields the plaintext of `source` segment by segment. Throws before anything of a damaged segment
 * is released. Where the first one does not open, only the root over the rest tells whether the
 * bytes are wrong, or the key that was committed to (market/content.py says the same).
 */
export async function* decrypt(
  source: ReadableStream<Uint8Array>,
  datasetKey: Bytes,
  expectedRoot: Uint8Array,
): AsyncGenerator<Bytes, void, void> {
  const reader = new BlockReader(source)
  try {
    const header = parseHeader(await reader.take(HEADER_LENGTH))
    const key = await fileKey(datasetKey, header.fileId)
    const tree = new MerkleTree()
    await tree.add(header.bytes)
    let unopened: unknown
    for (let counter = 0, last = false; !last; counter++) {
      const segment = await reader.take(header.segmentSize + TAG_LENGTH)
      last = await reader.ended()
      const empty = segment.length === TAG_LENGTH
      if (segment.length < TAG_LENGTH || (empty && counter > 0) || counter >= 2 ** 32)
        throw tampered(WHAT)
      await tree.add(segment)
      let plaintext: Bytes | undefined
      if (!unopened)
        try {
          plaintext = await decryptSegment(key, header.bytes, segment, counter, last)
        } catch (cause) {
          if (counter > 0) throw cause
          unopened = cause
        }
      // The last segment waits for the root, so that a file is never complete before it is
      // verified.
      if (last && !equal(await tree.root(), expectedRoot)) throw tampered(WHAT, unopened)
      if (last && unopened) throw opensNothing(unopened)
      if (plaintext) yield plaintext
    }
  } finally {
    await reader.cancel()
  }
}

function opensNothing(cause: unknown): Failure {
  return new Failure(
    'wrong-key',
    'The encrypted file is the one that the publisher committed to on chain, and so is the key, but the key does not open the file: nobody can read what was sold.',
    'Nothing was saved. Do not confirm the licence. Where its page offers a dispute, open it; otherwise ask the data owner for a version that opens.',
    { cause },
  )
}

async function fileKey(datasetKey: Bytes, fileId: Bytes): Promise<CryptoKey> {
  const ikm = await crypto.subtle.importKey('raw', datasetKey, 'HKDF', false, ['deriveKey'])
  return crypto.subtle.deriveKey(
    { name: 'HKDF', hash: 'SHA-256', salt: fileId, info: utf8('biodesci/container/v1') },
    ikm,
    { name: 'AES-GCM', length: 256 },
    false,
    ['decrypt'],
  )
}

async function decryptSegment(
  key: CryptoKey,
  header: Bytes,
  segment: Bytes,
  counter: number,
  last: boolean,
): Promise<Bytes> {
  const iv = new Uint8Array(12)
  new DataView(iv.buffer).setUint32(7, counter)
  iv[11] = last ? 1 : 0
  try {
    return new Uint8Array(
      await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData: header }, key, segment),
    )
  } catch (cause) {
    throw tampered(WHAT, cause)
  }
}

/**
 * Cuts a stream of arbitrary chunks into blocks of a wanted length; only the last block may be
 * shorter.
 */
class BlockReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  #parts: Uint8Array[] = []
  #held = 0
  #done = false

  constructor(source: ReadableStream<Uint8Array>) {
    this.#reader = source.getReader()
  }

  async take(length: number): Promise<Bytes> {
    await this.#fill(length)
    const all = concat(...this.#parts)
    const block = all.slice(0, length)
    this.#parts = all.length > length ? [all.subarray(length)] : []
    this.#held = Math.max(0, all.length - length)
    return block
  }

  async ended(): Promise<boolean> {
    await this.#fill(1)
    return this.#held === 0
  }

  cancel(): Promise<void> {
    return this.#done ? Promise.resolve() : this.#reader.cancel()
  }

  async #fill(length: number): Promise<void> {
    while (this.#held < length && !this.#done) {
      const { done, value } = await this.#reader.read()
      if (done) this.#done = true
      else {
        this.#parts.push(value)
        this.#held += value.length
      }
    }
  }
}
