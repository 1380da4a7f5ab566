/**
 * What is owed to the account, by currency: refunds, and income of a data owner. The account
 * collects it.
 */
import { Link } from 'react-router'
import type { Address } from 'viem'

import { Button } from '@/components/Button'
import { FailureNotice } from '@/components/Notice'
import { AccessLicense, InferenceCommitment } from '@/generated/abi'
import { amount } from '@/lib/currency'
import { useDeployment } from '@/lib/deployment'
import { useReader, useWallet } from '@/lib/useChain'
import { useTransact } from '@/lib/useTransact'
import { useWrite } from '@/lib/useWrite'

import { useCurrency } from '../chain'
import { readOwed, useOwed, type Owed } from './owed'
import { TokenNote } from './Price'

/** Beside other things: nothing where nothing is owed. */
export function Collect({ account }: { account: Address }) {
  const owed = useOwed(account)
  return (
    <>
      <OwedList account={account} owed={owed.data ?? []} />
      {owed.incomplete && (
        <p role="status" className="text-sm text-muted">
          Not all that you may be owed could be read. <Link to="/owed">See what is missing</Link>
        </p>
      )}
    </>
  )
}

export function OwedList({ account, owed }: { account: Address; owed: readonly Owed[] }) {
  if (owed.length === 0) return null
  return (
    <section
      aria-label="Owed to you"
      className="space-y-4 rounded-2xl border border-good/40 bg-good-soft p-5"
    >
      {owed.map((one) => (
        <OwedIn key={`${one.source} ${one.currency}`} owed={one} account={account} />
      ))}
    </section>
  )
}

const FROM: Record<Owed['source'], string> = {
  licences: 'from licences',
  inferences: 'from inferences',
}

function OwedIn({ owed, account }: { owed: Owed; account: Address }) {
  const client = useReader()
  const { status } = useWallet()
  const deployment = useDeployment()
  const { contracts } = deployment
  const transact = useTransact(account)
  const currency = useCurrency(owed.currency)
  const collect = useWrite((_: void, say) => {
    const landed = async () => (await readOwed(client, deployment, account, owed)) === 0n
    return owed.source === 'licences'
      ? transact(
          {
            address: contracts.AccessLicense,
            abi: AccessLicense,
            functionName: 'collect',
            args: [account, owed.currency],
          },
          landed,
          say,
        )
      : transact(
          {
            address: contracts.InferenceCommitment,
            abi: InferenceCommitment,
            functionName: 'collect',
            args: [account],
          },
          landed,
          say,
        )
  })
  if (!currency.data) return currency.error ? <FailureNotice error={currency.error} /> : null
  const text = amount(owed.units, currency.data)
  return (
    <div className="space-y-3">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="wrap-anywhere">
          <strong>{text}</strong> {FROM[owed.source]} are credited to your account.
        </p>
        <span className="flex flex-wrap items-center gap-3">
          <span role="status" className="text-muted">
            {collect.said}
          </span>
          <Button
            onClick={() => collect.start()}
            busy={collect.busy}
            disabled={status !== 'ready'}
            aria-label={`Collect ${text} ${FROM[owed.source]}`}
          >
            Collect
          </Button>
        </span>
      </div>
      <TokenNote currency={currency.data} />
      {collect.error !== null && <FailureNotice error={collect.error} />}
    </div>
  )
}
