/**
 * The file that proves that a dataset's term DS permits a disease: read as strictly as Python reads
 * it (DiseaseProof in core/documents/declared.py; both refuse the same, tests/vectors/proofs.json).
 */
import type { Hex } from 'viem'

import type { DiseaseProofFile } from '@/generated/documents'

import { utf8 } from './bytes'
import { parseDisease } from './disease'
import { Failure } from './failure'

export interface Proof {
  disease: number
  /** From the leaf up. */
  proof: Hex[]
}

const FIELDS = ['disease', 'proof'] as const satisfies readonly (keyof DiseaseProofFile)[]
/** Bytes. */
const FILE_LIMIT = 16 << 10
/** Of a tree of all numbers of 32 bits. */
const DEEPEST = 32

/** Throws a Failure for what is no such file. */
export function parseProof(text: string): Proof {
  try {
    const { disease, proof } = fieldsOf(text)
    if (typeof disease !== 'string' || !disease.startsWith('MONDO:') || disease.length !== 13)
      throw new TypeError('no disease')
    const number = parseDisease(disease)
    if (number === null || !Array.isArray(proof) || proof.length > DEEPEST)
      throw new TypeError('no proof')
    return { disease: number, proof: proof.map(hashOf) }
  } catch (cause) {
    throw new Failure(
      'evidence',
      'This is not a proof for a disease.',
      'Choose the file that the data owner or the command line made for this dataset version.',
      { cause },
    )
  }
}

/** Of the file's object, which has these fields and no other, each of them once. */
function fieldsOf(text: string): { [Field in keyof DiseaseProofFile]?: unknown } {
  if (utf8(text).length > FILE_LIMIT) throw new TypeError('too large')
  const fields: unknown = JSON.parse(text)
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
    throw new TypeError('no object')
  const names = Object.keys(fields)
  // No value has a quotation mark before a colon, so that each of those ends the name of a field.
  const written = text.match(/"\s*:/g) ?? []
  if (names.length !== FIELDS.length || written.length !== FIELDS.length)
    throw new TypeError('a field too many, or twice')
  return fields
}

function hashOf(step: unknown): Hex {
  if (typeof step !== 'string' || !/^0x[0-9a-f]{64}$/i.test(step)) throw new TypeError('no hash')
  return step as Hex
}
