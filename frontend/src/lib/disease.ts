/** Diseases as numbers of MONDO ids, and the Merkle path that shows that the term DS permits one (contracts/libraries/Diseases.sol). */
import { encodeAbiParameters, keccak256, type Hex } from 'viem'

import { concat, equal, fromHex, type Bytes } from './bytes'
import { Failure } from './failure'

/** 5068 of "MONDO:0005068"; null for anything else. */
export function parseDisease(text: string): number | null {
  const digits = /^MONDO:(\d{7})$/.exec(text.trim().toUpperCase())?.[1]
  return digits === undefined ? null : Number(digits) || null
}

export function formatDisease(disease: number): string {
  return `MONDO:${String(disease).padStart(7, '0')}`
}

/** Whether `proof` leads from the disease to the root. Nothing leads to the root 0. */
export function isPermitted(root: Hex, disease: number, proof: readonly Hex[]): boolean {
  if (disease === 0) return false
  // Hashed twice, so that no inner node passes for a leaf.
  let node: Bytes = fromHex(keccak256(keccak256(encodeAbiParameters([{ type: 'uint32' }], [disease]))))
  for (const sibling of proof.map(fromHex)) node = fromHex(keccak256(isSmaller(sibling, node) ? concat(sibling, node) : concat(node, sibling)))
  return equal(node, fromHex(root))
}

/** A proof file: `{"disease": "MONDO:0005068", "proof": ["0x…"]}`. */
export function parseProof(text: string): { disease: number; proof: Hex[] } {
  try {
    const { disease, proof } = JSON.parse(text) as { disease: unknown; proof: unknown }
    const number = typeof disease === 'string' ? parseDisease(disease) : disease
    if (typeof number !== 'number' || !Array.isArray(proof) || proof.length > 32) throw new TypeError('not a proof')
    return { disease: number, proof: proof.map((hash) => (/^0x[0-9a-f]{64}$/i.test(String(hash)) ? (hash as Hex) : fail())) }
  } catch (cause) {
    throw new Failure('evidence', 'This is not a proof for a disease.', 'Choose the file that the data owner or the command line made for this dataset version.', { cause })
  }
}

function fail(): never {
  throw new TypeError('not a hash')
}

function isSmaller(a: Bytes, b: Bytes): boolean {
  const at = a.findIndex((byte, i) => byte !== b[i])
  return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0)
}
