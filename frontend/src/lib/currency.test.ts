import { describe, expect, it } from 'vitest'

import { amount, currencyOf, ETHER, forPrice, price, roughly } from './currency'

const TOKEN = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const token = (symbol: string | null, decimals: number | null) =>
  currencyOf({ address: TOKEN, symbol, decimals })

describe('amount', () => {
  it.each([
    ['1500000000000000000', currencyOf({ address: null, symbol: 'ETH', decimals: 18 }), '1.5 ETH'],
    ['25500000', token('TUSD', 6), '25.5 TUSD'],
    ['7', token('ONE', 0), '7 ONE'],
    ['1', token('ETH', 18), '0.000000000000000001 ETH (token 0x7099…79C8)'],
    ['25', token('TUSD', null), '25 smallest units of TUSD'],
    ['25', token(null, null), '25 smallest units of token 0x7099…79C8'],
    ['250', token('', 2), '2.5 of token 0x7099…79C8'],
    // A turned or invisible character, or a sentence, must not change what a price says.
    ['100', token('\u202eDSU T\u200b', 2), '1 DSUT'],
    ['100', token('FREE today, 0 to pay', 2), '1 FREEtoday0to'],
  ])('writes %s units', (units, currency, said) => {
    expect(amount(units, currency)).toBe(said)
    expect(amount(BigInt(units), currency)).toBe(said)
  })

  it('rounds up to six decimals what changes from second to second', () => {
    expect(roughly(333_328_703_703_703_704n, ETHER)).toBe('about 0.333329 ETH')
    expect(roughly(5n * 10n ** 17n, ETHER)).toBe('0.5 ETH')
    expect(roughly(1n, ETHER)).toBe('about 0.000001 ETH')
    expect(roughly(25_499_961n, token('TUSD', 6))).toBe('25.499961 TUSD')
    expect(roughly(7n, token('ODD', null))).toBe('7 smallest units of ODD')
  })

  it('knows ether by the zero address', () => {
    expect(currencyOf({ address: null, symbol: null, decimals: null })).toBe(ETHER)
  })

  it('says that what costs nothing is free, in whichever currency', () => {
    for (const currency of [ETHER, token('TUSD', 6), token(null, null)]) {
      expect(price('0', currency)).toBe('Free')
      expect(forPrice(0n, currency)).toBe('for free')
    }
    expect(price(1n, token('TUSD', 6))).toBe('0.000001 TUSD')
    expect(forPrice('1500000000000000000', ETHER)).toBe('for 1.5 ETH')
    expect(amount(0n, ETHER)).toBe('0 ETH')
  })
})
