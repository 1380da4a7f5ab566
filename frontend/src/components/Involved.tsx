/**
 * The accounts that an event tells of, one way everywhere: who called, who was credited how much,
 * and whom it names besides; each with what it was at that moment.
 */
import type { Involved as Account } from '@/generated/api'
import { amount, currencyOf } from '@/lib/currency'

import { Short } from './Explorer'

/** Of those that are named besides: a round has up to a hundred sites. */
const SHOWN = 3

export function Involved({ accounts }: { accounts: readonly Account[] }) {
  const named = accounts.filter(({ part }) => part === 'names')
  const hidden = new Set(named.slice(SHOWN))
  return (
    <>
      {accounts
        .filter((account) => !hidden.has(account))
        .map((account) => (
          <span
            key={`${account.part}-${account.role}-${account.address}`}
            className="inline-flex min-h-6 flex-wrap items-center gap-x-1"
          >
            {account.part === 'names' ? account.role : verbFor(account)}
            <Short value={account.address} what={account.role} place="address" />
            {account.part !== 'names' && <span>({account.role})</span>}
          </span>
        ))}
      {hidden.size > 0 && <span>and {hidden.size} more</span>}
    </>
  )
}

function verbFor({ credit }: Account): string {
  return credit ? `${amount(credit.amount, currencyOf(credit.currency))} credited to` : 'by'
}
