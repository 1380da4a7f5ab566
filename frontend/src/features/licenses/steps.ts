/** A licence's state as a person sees it. */
import type { Tone } from '@/components/Badge'
import type { StepItem } from '@/components/Stepper'
import { duration, relative } from '@/lib/format'

import { NO_END, type License, type State } from './chain'

export const NAMES: Record<State, { name: string; tone: Tone }> = {
  none: { name: 'Not found', tone: 'bad' },
  inReview: { name: 'In review', tone: 'warn' },
  purchased: { name: 'Waiting for the key', tone: 'warn' },
  delivered: { name: 'Key delivered', tone: 'brand' },
  settled: { name: 'Confirmed', tone: 'good' },
  disputed: { name: 'Disputed', tone: 'warn' },
  refunded: { name: 'Refunded', tone: 'plain' },
  rejected: { name: 'Refused by the committee', tone: 'bad' },
  revoked: { name: 'Revoked', tone: 'bad' },
}

const IN_ESCROW: ReadonlySet<State> = new Set(['inReview', 'purchased', 'delivered', 'disputed'])

export function isExpired(license: License, now: number): boolean {
  return license.expiresAt > 0 && license.expiresAt !== NO_END && license.expiresAt <= now
}

/** `mine`: the reader is the licensee. */
export function stepsOf(license: License, now: number, mine: boolean): StepItem[] {
  const { state } = license
  const delivered =
    state === 'delivered' || state === 'settled' || state === 'disputed' || license.expiresAt > 0
  const ended = state === 'refunded' || state === 'rejected' || state === 'revoked'
  const steps: StepItem[] = [
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
      title: 'Key delivered',
      state: delivered ? 'done' : state === 'purchased' ? 'now' : ended ? 'failed' : 'later',
      note: delivered
        ? mine
          ? 'Sealed to your key'
          : 'Sealed to the licensee’s key'
        : state === 'purchased'
          ? `Due ${relative(license.deadline, now)}`
          : undefined,
    },
    {
      title: 'Confirmed',
      state:
        state === 'settled'
          ? 'done'
          : state === 'delivered'
            ? 'now'
            : ended || state === 'disputed'
              ? 'failed'
              : 'later',
      note: noteOnConfirmation(license, now, mine),
    },
  ]
  return steps
}

function noteOnConfirmation(license: License, now: number, mine: boolean): string | undefined {
  switch (license.state) {
    case 'settled':
      return 'The owner was paid'
    case 'delivered':
      return license.deadline > now
        ? `${mine ? 'You' : 'The licensee'} can dispute for ${duration(license.deadline - now)}`
        : 'The dispute window is over'
    case 'disputed':
      return 'Disputed: waiting for a decision'
    case 'refunded':
      return 'Refunded'
    case 'revoked':
      return 'Revoked by the owner'
    default:
      return undefined
  }
}
