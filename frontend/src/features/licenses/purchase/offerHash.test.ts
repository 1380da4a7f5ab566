import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Address } from 'viem'
import { expect, it } from 'vitest'

import { RIGHTS } from '../rights'
import { offerHash } from './offerHash'

type Fields = [number, string | number, Address, ...number[]]
const CASES = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../../../tests/vectors/offers.json'), 'utf8'),
) as { label: string; offer: Fields; hash: string }[]

it.each(CASES)('is what Python and the contract compute: $label', ({ offer, hash }) => {
  const [datasetId, price, currency, duration, uses, deliveryWindow, disputeWindow, ...rest] = offer
  const [right, visas, proRata, arbiter] = rest as unknown as [number, number, boolean, Address]
  const terms = {
    datasetId: BigInt(datasetId),
    price: BigInt(price),
    currency,
    duration: duration ?? 0,
    uses: uses ?? 0,
    deliveryWindow: deliveryWindow ?? 0,
    disputeWindow: disputeWindow ?? 0,
    right: RIGHTS[right] ?? 'none',
    visas,
    proRata,
    arbiter,
  }
  expect(offerHash(terms)).toBe(hash)
  expect(offerHash({ ...terms, datasetId: terms.datasetId - 1n })).not.toBe(hash)
})
