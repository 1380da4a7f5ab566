/**
 * Diseases as numbers of MONDO ids, and the Merkle path that shows that the term DS permits one
 * (contracts/libraries/Diseases.sol).
 */
import { encodeAbiParameters, keccak256, type Hex } from 'viem'

import { concat, copy, equal, fromHex, toHex, type Bytes } from './bytes'

/** 5068 of "MONDO:0005068"; null for anything else. */
export function parseDisease(text: string): number | null {
  const digits = /^[ \t\r\n]*MONDO:(\d{7})[ \t\r\n]*$/.exec(text.toUpperCase())?.[1]
  return digits === undefined ? null : Number(digits) || null
}

export function formatDisease(disease: number): string {
  return `MONDO:${String(disease).padStart(7, '0')}`
}

/** Whether `proof` leads from the disease to the root. Nothing leads to the root 0. */
export function isPermitted(root: Hex, disease: number, proof: readonly Hex[]): boolean {
  if (disease === 0) return false
  let node = leafOf(disease)
  for (const sibling of proof.map(fromHex)) node = parentOf(node, sibling)
  return equal(node, fromHex(root))
}

/** Hashed twice, so that no inner node passes for a leaf. */
function leafOf(disease: number): Bytes {
  return copy(
    keccak256(keccak256(encodeAbiParameters([{ type: 'uint32' }], [disease]), 'bytes'), 'bytes'),
  )
}

function parentOf(a: Bytes, b: Bytes): Bytes {
  return copy(keccak256(isSmaller(a, b) ? concat(a, b) : concat(b, a), 'bytes'))
}

export interface Tree {
  root: Hex
  /** Siblings from the leaf up; null for a disease that is not in the tree. */
  prove: (disease: number) => Hex[] | null
}

/**
 * The tree over these diseases, as core/disease.py builds it: complete, the root first, the leaves
 * last, greatest hash first.
 */
export function treeOf(diseases: readonly number[]): Tree | null {
  const growing = grow(diseases)
  for (let step = growing.next(); ; step = growing.next()) if (step.done) return step.value
}

/** The same, in slices: a long list takes seconds, in which the page must go on answering. */
export async function growTree(
  diseases: readonly number[],
  signal?: AbortSignal,
): Promise<Tree | null> {
  const growing = grow(diseases)
  for (let end = performance.now() + SLICE; ;) {
    const step = growing.next()
    if (step.done) return step.value
    if (performance.now() < end) continue
    await new Promise((resolve) => setTimeout(resolve, 0))
    signal?.throwIfAborted()
    end = performance.now() + SLICE
  }
}

/** In milliseconds: half of what a screen has for one image. */
const SLICE = 8

/** Hashes from one place to stop at to the next. */
const STRIDE = 64

function* grow(diseases: readonly number[]): Generator<undefined, Tree | null> {
  // By their first byte, so that no step has to sort them all.
  const shelves = Array.from({ length: 256 }, (): { disease: number; hash: Bytes }[] => [])
  let done = 0
  for (const disease of new Set(diseases)) {
    const hash = leafOf(disease)
    shelves[255 - (hash[0] ?? 0)]?.push({ disease, hash })
    if (++done % STRIDE === 0) yield
  }
  for (const shelf of shelves) {
    shelf.sort((a, b) => (isSmaller(a.hash, b.hash) ? 1 : -1))
    yield
  }
  const leaves = shelves.flat()
  const [first] = leaves
  if (!first) return null
  const places = new Map(leaves.map(({ disease }, i) => [disease, leaves.length - 1 + i]))
  const tree: Bytes[] = [
    ...Array<Bytes>(leaves.length - 1).fill(first.hash),
    ...leaves.map(({ hash }) => hash),
  ]
  const at = (i: number) => tree[i] ?? first.hash
  for (let i = leaves.length - 2; i >= 0; i--) {
    tree[i] = parentOf(at(2 * i + 1), at(2 * i + 2))
    if (i % STRIDE === 0) yield
  }
  return {
    root: toHex(at(0)),
    prove: (disease) => {
      const place = places.get(disease)
      if (place === undefined) return null
      const proof: Hex[] = []
      for (let i = place; i > 0; i = (i - 1) >> 1) proof.push(toHex(at(i % 2 ? i + 1 : i - 1)))
      return proof
    },
  }
}

function isSmaller(a: Bytes, b: Bytes): boolean {
  const at = a.findIndex((byte, i) => byte !== b[i])
  return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0)
}
