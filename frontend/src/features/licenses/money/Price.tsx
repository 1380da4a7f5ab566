/** Amounts of money, and what to know about the token they are in. */
import type { Address } from 'viem'

import { Button } from '@/components/Button'
import { Copyable } from '@/components/Copyable'
import { Notice } from '@/components/Notice'
import { WriteRow } from '@/components/WriteRow'
import { amount, isEther, roughly, type Currency } from '@/lib/currency'

import { useCurrency } from '../chain'
import { useDisallow, type Means } from './payment'

export function Amount({ units, currency }: { units: bigint | string; currency: Address }) {
  const known = useCurrency(currency)
  return known.data ? amount(units, known.data) : '…'
}

/** Of what changes from second to second. */
export function AmountNow({ units, currency }: { units: bigint; currency: Address }) {
  const known = useCurrency(currency)
  return known.data ? roughly(units, known.data) : '…'
}

/** Anyone can give a token any name: what counts is its address. */
export function TokenNote({ currency }: { currency: Currency }) {
  if (isEther(currency.address)) return null
  return (
    <div className="rounded-xl bg-sunken px-4 py-3 text-sm">
      <p className="flex flex-wrap items-center gap-x-2">
        <span className="font-medium">Token {currency.symbol || 'without a name'}</span>
        <Copyable value={currency.address} label="token address" on="address" />
      </p>
      <p className="text-muted">
        A token’s name proves nothing: anyone can give a token any name. Pay only if this is the
        address you know.
      </p>
    </div>
  )
}

interface MeansProps {
  means: Means
  /** What costs the price. */
  what: string
  account: Address
  /** The payment is under way. */
  busy: boolean
}

/** What the wallet is going to ask, and whether the account has enough. */
export function MeansNote({ means, what, account, busy }: MeansProps) {
  const disallow = useDisallow(account, means.currency.address)
  const price = amount(means.price, means.currency)
  return (
    <>
      {means.balance < means.price && (
        <Notice
          tone="warn"
          title={`Your account has too little ${isEther(means.currency.address) ? 'ether' : means.currency.symbol || 'of the token'}.`}
        >
          It holds {amount(means.balance, means.currency)}; {what} costs {price}
          {isEther(means.currency.address)
            ? ' and a network fee.'
            : ', and a network fee in ether.'}
        </Notice>
      )}
      <p className="text-sm text-muted">{SAID[means.how](price)}</p>
      {means.how === 'allowed' && (
        <WriteRow write={disallow}>
          <Button
            look="quiet"
            className="-ml-4"
            onClick={() => disallow.start()}
            busy={disallow.busy}
            disabled={busy}
          >
            Withdraw the approval
          </Button>
        </WriteRow>
      )}
    </>
  )
}

const SAID: Record<Means['how'], (price: string) => string> = {
  free: () => 'One transaction, which pays nothing but the network fee.',
  ether: () => 'One transaction.',
  allowed: (price) =>
    `One transaction. The licence contract may take ${price} already: you approved it before, and can withdraw that.`,
  permit: (price) =>
    `One signature, then one transaction: the signature lets the licence contract take exactly ${price}, once, within 20 minutes.`,
  approve: (price) =>
    `Two transactions, because no permit can be signed for this token: first you approve exactly ${price}, then you buy.`,
}
