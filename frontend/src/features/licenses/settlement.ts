/**
 * How a sale ends, in words: what pays the owner, what brings the money back, who decides. Said
 * before anything is paid, and again beside the licence.
 */
import { isAddressEqual, zeroAddress } from 'viem'

import { duration } from '@/lib/format'

import type { ChainOffer } from './chain'
import { needsKey, type Right } from './rights'

/** How long an arbiter has: `ARBITRATION` in contracts/licensing/Settlement.sol. */
const ARBITRATION = 30 * 86_400

export interface Sale {
  /** Nothing is paid. */
  free: boolean
  right: Right
  /** 0: not counted */
  uses: number
  /** Seconds of access; 0: no end */
  duration: number
  /** Seconds. */
  deliveryWindow: number
  /** Seconds. */
  disputeWindow: number
  proRata: boolean
  /** The offer names somebody who decides disputes. */
  hasArbiter: boolean
}

export function saleOf(offer: ChainOffer): Sale {
  return {
    ...offer,
    free: offer.price === 0n,
    hasArbiter: !isAddressEqual(offer.arbiter, zeroAddress),
  }
}

/** Before access is given. */
export function sayDelivery({ free, right, deliveryWindow }: Sale): string {
  const within = duration(deliveryWindow)
  if (free)
    return `Nothing is paid. The owner has ${within} to ${needsKey(right) ? 'deliver the key, sealed to yours' : 'give access, by its own node and without a key'}. It serves a number of free licences a day, which it chooses: yours may wait, or not be served in time.`
  return needsKey(right)
    ? `Your payment waits in escrow. The owner has ${within} to deliver the key, sealed to yours. Without it your payment comes back.`
    : `Your payment waits in escrow. The owner has ${within} to give access: no key and no file are sent, the owner’s node serves you where the data are. Without access your payment comes back.`
}

/** What pays the owner once access is given. */
export function sayPayment(sale: Sale): string {
  const window = duration(sale.disputeWindow)
  const wait = sale.hasArbiter ? `after ${window} without a dispute` : `after ${window}`
  const ways = ['when you confirm', sayUse(sale), wait].filter((way) => way !== null)
  const list = `${ways.slice(0, -1).join(', ')} or ${ways.at(-1)}`
  const then = sale.proRata
    ? ` From then on the owner earns the price over the ${duration(sale.duration)} of access; if access ends early, the part that is not earned comes back to you.`
    : ''
  return `It goes to the owner ${list}: whichever comes first.${then}`
}

/** Of a download, the page itself counts a use where uses are counted; else opening is not seen. */
function sayUse({ right, uses }: Sale): string | null {
  switch (right) {
    case 'train':
      return null
    case 'infer':
      return 'when its first use is counted'
    default:
      return uses > 0 ? 'when its first use is counted' : null
  }
}

/** Who decides where buyer and owner disagree. */
export function sayDisputes({ right, disputeWindow, hasArbiter }: Sale): string {
  const given = needsKey(right) ? 'the key is delivered' : 'access is given'
  if (!hasArbiter)
    return `This offer has no arbiter, so nothing can be disputed. Once ${given} the price is the owner’s, whatever the data turn out to be.`
  return `Until the owner is paid, and at most ${duration(disputeWindow)} after ${given}, you can dispute. Access stops then, and the arbiter decides within ${duration(ARBITRATION)} who gets the payment: the owner or you. If it decides nothing in that time, the payment comes back to you.`
}

export const ABOUT_THE_ARBITER =
  'The owner named it, and it accepted to decide disputes. Nothing here shows that it is not another account of the owner’s: buy only if you know whose it is.'

/** What each thing that a licensee can do now means for the payment. */
export interface Way {
  name: string
  says: string
}

/** `until`: the end of the time in which the licensee may dispute, as a date. */
export function waysToSettle(sale: Sale, price: string, until: string): Way[] {
  const paid = sale.proRata
    ? `The owner then earns the ${price} in escrow over the time of access`
    : `The owner then gets the ${price} in escrow`
  const final = sale.hasArbiter ? ', and it can no longer be disputed.' : '.'
  return [
    { name: 'Confirming', says: `${paid}${final}` },
    { name: 'Using', says: sayUsing(sale) },
    {
      name: 'Waiting',
      says: sale.hasArbiter
        ? `If you neither confirm nor dispute by ${until}, anyone can have the owner paid.`
        : `If you do not confirm by ${until}, anyone can have the owner paid.`,
    },
    {
      name: 'Disputing',
      says: sale.hasArbiter
        ? `Possible until ${until}. Access stops, and the arbiter decides within ${duration(ARBITRATION)} who gets the payment; if it decides nothing, it comes back to you.`
        : 'Not possible: the offer has no arbiter.',
    },
  ]
}

function sayUsing({ right, uses }: Sale): string {
  switch (right) {
    case 'train':
      return 'Each update that the owner’s node commits to a round of yours counts a use, and confirms nothing: look at what came of it before you confirm.'
    case 'infer':
      return 'The first use that is counted confirms it for you.'
    default:
      return uses > 0
        ? 'Opening the file counts a use once the file was found to be the one on chain. The first use confirms for you.'
        : 'Opening the file tells the chain nothing: look at it before you confirm.'
  }
}
