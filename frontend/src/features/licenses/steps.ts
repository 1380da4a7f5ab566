/** A licence's state as a person sees it. */
import type { Tone } from '@/components/Badge'
import type { StepItem } from '@/components/Stepper'
import { duration, relative } from '@/lib/format'

import { isExpired, isUsedUp, type License, type State } from './chain'
import { needsKey, type Right } from './rights'

interface Status {
  name: string
  tone: Tone
}

const STATUSES: Record<State, Status> = {
  none: { name: 'Not found', tone: 'bad' },
  inReview: { name: 'In review', tone: 'warn' },
  purchased: { name: 'Waiting for the owner', tone: 'warn' },
  delivered: { name: 'Access given', tone: 'brand' },
  settled: { name: 'Settled', tone: 'good' },
  disputed: { name: 'Disputed', tone: 'warn' },
  refunded: { name: 'Refunded', tone: 'plain' },
  rejected: { name: 'Refused by the committee', tone: 'bad' },
  revoked: { name: 'Revoked', tone: 'bad' },
}

const WITH_KEY: Partial<Record<State, Status>> = {
  purchased: { name: 'Waiting for the key', tone: 'warn' },
  delivered: { name: 'Key delivered', tone: 'brand' },
}

export function statusOf({ state, right }: { state: State; right: Right }): Status {
  return (needsKey(right) ? WITH_KEY[state] : undefined) ?? STATUSES[state]
}

/** As `statusOf`, and whether its time or its uses are over. */
export function statusNow(license: License, now: number): Status {
  if (isExpired(license, now)) return { name: 'Expired', tone: 'bad' }
  if (isUsedUp(license)) return { name: 'Used up', tone: 'bad' }
  return statusOf(license)
}

const IN_ESCROW: ReadonlySet<State> = new Set(['inReview', 'purchased', 'delivered', 'disputed'])

/** `mine`: the reader is the licensee. */
export function stepsOf(license: License, now: number, mine: boolean): StepItem[] {
  const { state } = license
  const delivered =
    state === 'delivered' || state === 'settled' || state === 'disputed' || license.expiresAt > 0
  const ended = state === 'refunded' || state === 'rejected' || state === 'revoked'
  return [
    {
      title: 'Purchased',
      state: 'done',
      note: IN_ESCROW.has(state) ? 'Payment in escrow' : undefined,
    },
    ...(state === 'inReview' || state === 'rejected'
      ? [
          {
            title: 'Committee',
            state: state === 'inReview' ? ('now' as const) : ('failed' as const),
            note:
              state === 'inReview'
                ? mine
                  ? 'Reads your purpose'
                  : 'Reads the purpose'
                : 'Said no; refunded',
          },
        ]
      : []),
    {
      title: needsKey(license.right) ? 'Key delivered' : 'Access given',
      state: delivered ? 'done' : state === 'purchased' ? 'now' : ended ? 'failed' : 'later',
      note: delivered
        ? noteOnDelivery(license.right, mine)
        : state === 'purchased'
          ? `Due ${relative(license.deadline, now)}`
          : undefined,
    },
    {
      title: 'Settled',
      state:
        state === 'settled'
          ? 'done'
          : state === 'delivered' || state === 'disputed'
            ? 'now'
            : ended
              ? 'failed'
              : 'later',
      note: noteOnSettlement(license, now),
    },
  ]
}

function noteOnDelivery(right: Right, mine: boolean): string {
  if (!needsKey(right)) return 'Served by the owner’s node'
  return mine ? 'Sealed to your key' : 'Sealed to the licensee’s key'
}

function noteOnSettlement(license: License, now: number): string | undefined {
  switch (license.state) {
    case 'settled':
      return license.proRata ? 'The owner earns it over time' : 'The owner was paid'
    case 'delivered':
      return license.deadline > now
        ? `Anyone can settle it in ${duration(license.deadline - now)}`
        : 'Anyone can settle it now'
    case 'disputed':
      return license.deadline > now
        ? `Disputed: a decision within ${duration(license.deadline - now)}`
        : 'Disputed, and not decided in time'
    case 'refunded':
      return 'Refunded'
    case 'revoked':
      return 'Revoked by the owner'
    default:
      return undefined
  }
}
