/**
 * What a contract's custom error means to a person, and what to do: by the sentences of
 * backend/biodesci/chain/errors.json, which the command line says too.
 */
import { type AbiParameter, formatEther, zeroAddress } from 'viem'

import { sentences, states } from '@/generated/sentences'

import { VISA_TYPES } from './visa'

/** The last second that a date can name on both sides: of the year 9999. */
const LAST_SECOND = 253_402_300_799n

type Shown = 'state' | 'time' | 'ether' | 'currency' | 'visa' | 'visas'
export type Said = { readonly message: string; readonly hint: string }

/** Undefined for an error that no contract of ours, nor a token behind them, is known to raise. */
export function say(
  error: string,
  inputs: readonly AbiParameter[],
  args: readonly unknown[],
): Said | undefined {
  const known = sentences[error]
  if (!known) return undefined
  const values = new Map(inputs.map(({ name }, index) => [name, args[index]]))
  const message = known.says.replaceAll(/\{(\w+)(?::(\w+))?\}/g, (_, name: string, how?: Shown) =>
    show(error, how, values.get(name)),
  )
  return { message, hint: known.page }
}

function show(error: string, how: Shown | undefined, value: unknown): string {
  if (how === 'currency' && value === zeroAddress) return 'ETH'
  if (typeof value !== 'number' && typeof value !== 'bigint') return String(value)
  const n = BigInt(value)
  switch (how) {
    case 'state':
      return states[error]?.[Number(n)] ?? String(n)
    case 'time':
      return n > LAST_SECOND ? String(n) : utc(Number(n))
    case 'ether':
      return `${formatEther(n)} ETH`
    case 'visa':
      return VISA_TYPES[Number(n)] ?? String(n)
    case 'visas':
      return VISA_TYPES.filter((_, bit) => (n >> BigInt(bit)) & 1n).join(', ') || 'none'
    default:
      return String(n)
  }
}

function utc(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}
