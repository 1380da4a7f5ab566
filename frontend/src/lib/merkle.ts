/**
 * RFC 6962 Merkle tree hash (SHA-256, leaf prefix 00, node prefix 01), fed leaf by leaf: a
 * container need not fit in memory.
 */
import { concat, copy, type Bytes } from './bytes'

async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
}

export class MerkleTree {
  /** Roots of perfect subtrees, largest first; the sizes are the bits of the number of leaves. */
  readonly #peaks: { size: number; hash: Bytes }[] = []

  async add(leaf: Uint8Array): Promise<void> {
    let node = { size: 1, hash: await sha256(concat(Uint8Array.of(0), leaf)) }
    for (
      let last = this.#peaks.at(-1);
      last && last.size === node.size;
      last = this.#peaks.at(-1)
    ) {
      this.#peaks.pop()
      node = {
        size: 2 * node.size,
        hash: await sha256(concat(Uint8Array.of(1), last.hash, node.hash)),
      }
    }
    this.#peaks.push(node)
  }

  async root(): Promise<Bytes> {
    let hash = this.#peaks.at(-1)?.hash
    if (!hash) return sha256(new Uint8Array(0))
    for (const peak of this.#peaks.slice(0, -1).toReversed())
      hash = await sha256(concat(Uint8Array.of(1), peak.hash, hash))
    return copy(hash)
  }
}

export async function merkleRoot(leaves: Iterable<Uint8Array>): Promise<Bytes> {
  const tree = new MerkleTree()
  for (const leaf of leaves) await tree.add(leaf)
  return tree.root()
}
