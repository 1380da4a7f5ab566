/**
 * What a price is in. A token says its symbol and decimals itself, so its address goes with them
 * wherever money is spent.
 */
import { formatUnits, zeroAddress, type Address } from 'viem'

import type { Currency as Told } from '@/generated/api'

export interface Currency {
  /** zero: ether */
  address: Address
  /** empty: the token says none */
  symbol: string
  /** null: the token says none; amounts are shown in smallest units */
  decimals: number | null
}

export const ETHER: Currency = { address: zeroAddress, symbol: 'ETH', decimals: 18 }

export const isEther = (address: Address): boolean => address === zeroAddress

/** As the API tells it. */
export function currencyOf(told: Told): Currency {
  if (told.address === null) return ETHER
  return {
    address: told.address as Address,
    symbol: plain(told.symbol ?? ''),
    decimals: told.decimals,
  }
}

/** "25.5 TUSD". A token that calls itself ether is not shown as ether. */
export function amount(units: bigint | string, { address, symbol, decimals }: Currency): string {
  const short = `${address.slice(0, 6)}…${address.slice(-4)}`
  const posing = !isEther(address) && /^(eth|ether|ξ)$/i.test(symbol)
  const name = symbol === '' ? `of token ${short}` : posing ? `${symbol} (token ${short})` : symbol
  return decimals === null
    ? `${BigInt(units)} smallest units ${symbol === '' ? name : `of ${name}`}`
    : `${formatUnits(BigInt(units), decimals)} ${name}`
}

/** What something costs, where it stands alone. */
export function price(units: bigint | string, currency: Currency): string {
  return BigInt(units) === 0n ? 'Free' : amount(units, currency)
}

/** What something costs, behind a verb: "Purchase for 25.5 TUSD", "Purchase for free". */
export function forPrice(units: bigint | string, currency: Currency): string {
  return BigInt(units) === 0n ? 'for free' : `for ${amount(units, currency)}`
}

/** For what changes while it is read: "about 0.333329 ETH". */
export function roughly(units: bigint, currency: Currency): string {
  const cut = 10n ** BigInt(Math.max(0, (currency.decimals ?? 0) - 6))
  return units % cut === 0n
    ? amount(units, currency)
    : `about ${amount(((units + cut - 1n) / cut) * cut, currency)}`
}

/**
 * Whoever wrote the token chose its symbol: no invisible or turning characters, and not long enough
 * to be a sentence.
 */
function plain(symbol: string): string {
  return symbol.replaceAll(/[^\p{L}\p{N}\p{Sc}.\-_+]/gu, '').slice(0, 12)
}
