/**
 * Research statements: the chain gets a salted hash, `keccak( keccak("biodesci/statement/v1") ‖
 * salt (32) ‖ text (UTF-8) )`; text and salt stay with the buyer, who can show them to a committee
 * or an auditor later.
 */
import { keccak256, stringToBytes, type Hex } from 'viem'

import { concat, fromHex, toHex, utf8 } from './bytes'

const DOMAIN = fromHex(keccak256(stringToBytes('biodesci/statement/v1')))

export interface Statement {
  text: string
  salt: Hex
  /** What the chain holds. */
  hash: Hex
}

export function newStatement(text: string): Statement {
  const salt = toHex(crypto.getRandomValues(new Uint8Array(32)))
  return { text, salt, hash: statementHash(text, salt) }
}

export function statementHash(text: string, salt: Hex): Hex {
  return keccak256(concat(DOMAIN, fromHex(salt), utf8(text)))
}

/** The file that opens the hash: whoever has it can recompute what is on chain. */
export function statementFile({ text, salt, hash }: Statement): string {
  return `${JSON.stringify({ kind: 'biodesci/statement', version: 1, text, salt, hash }, null, 1)}\n`
}
