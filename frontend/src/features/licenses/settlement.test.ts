import { describe, expect, it } from 'vitest'

import { sayDelivery, sayDisputes, sayPayment, waysToSettle, type Sale } from './settlement'

const DAY = 86_400
const SALE: Sale = {
  free: false,
  right: 'download',
  uses: 0,
  duration: 30 * DAY,
  deliveryWindow: DAY,
  disputeWindow: 7 * DAY,
  proRata: false,
  hasArbiter: false,
}
const of = (change: Partial<Sale>): Sale => ({ ...SALE, ...change })
const says = (sale: Sale, name: string) =>
  waysToSettle(sale, '1 ETH', '1 Dec').find((way) => way.name === name)?.says

describe('before anything is paid', () => {
  it('says that without an arbiter nothing can be disputed, and promises no refund', () => {
    expect(sayDisputes(SALE)).toContain('no arbiter, so nothing can be disputed')
    expect(sayDisputes(SALE)).not.toMatch(/refund|comes? back/)
    expect(sayPayment(SALE)).toContain('or after 7 days: whichever comes first.')
  })

  it('says of a free licence that it may wait, and speaks of no payment', () => {
    for (const right of ['download', 'train'] as const) {
      const delivery = sayDelivery(of({ right, free: true }))
      expect(delivery).toContain('a number of free licences a day')
      expect(delivery).toContain('may wait, or not be served in time')
      expect(delivery).not.toMatch(/payment|escrow/)
    }
  })

  it('says until when an arbiter can be called, what it decides, and what its silence does', () => {
    const disputes = sayDisputes(of({ hasArbiter: true }))
    expect(disputes).toContain('at most 7 days after the key is delivered')
    expect(disputes).toContain('decides within 30 days')
    expect(disputes).toContain('decides nothing in that time, the payment comes back to you')
    expect(sayPayment(of({ hasArbiter: true }))).toContain('after 7 days without a dispute')
  })

  it.each([
    ['download', 0, null],
    ['download', 3, 'when its first use is counted'],
    ['train', 0, null],
    ['train', 3, null],
    ['infer', 0, 'when its first use is counted'],
  ] as const)('names the use of a licence to %s with %d uses that pays', (right, uses, way) => {
    const payment = sayPayment(of({ right, uses }))
    if (way) expect(payment).toContain(way)
    else expect(payment).not.toContain('use')
  })

  it.each(['train', 'infer'] as const)('promises no key and no file with %s', (right) => {
    expect(sayDelivery(of({ right }))).toContain('no key and no file are sent')
    expect(sayDisputes(of({ right }))).toContain('Once access is given')
    expect(sayDelivery(SALE)).toContain('deliver the key, sealed to yours')
  })

  it('says what is earned over time, and what comes back', () => {
    expect(sayPayment(of({ proRata: true }))).toContain('earns the price over the 30 days')
    expect(sayPayment(SALE)).not.toContain('earns')
  })
})

describe('beside the licence', () => {
  it('says what confirming, using, waiting and disputing do', () => {
    expect(says(SALE, 'Confirming')).toBe('The owner then gets the 1 ETH in escrow.')
    expect(says(SALE, 'Using')).toContain('look at it before you confirm')
    expect(says(SALE, 'Waiting')).toContain('If you do not confirm by 1 Dec')
    expect(says(SALE, 'Disputing')).toBe('Not possible: the offer has no arbiter.')
  })

  it('says so of an offer with an arbiter, of counted uses, and of what is earned over time', () => {
    const sale = of({ hasArbiter: true, uses: 2, proRata: true })
    expect(says(sale, 'Confirming')).toContain('can no longer be disputed')
    expect(says(sale, 'Confirming')).toContain('earns the 1 ETH in escrow over the time of access')
    expect(says(sale, 'Using')).toContain('The first use confirms')
    expect(says(sale, 'Waiting')).toContain('neither confirm nor dispute by 1 Dec')
    expect(says(sale, 'Disputing')).toContain('Possible until 1 Dec')
    expect(says(of({ right: 'train' }), 'Using')).toContain('confirms nothing')
  })
})
