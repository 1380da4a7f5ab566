/** What is owed to the account, by currency: refunds, and income of a data owner. The account collects it. */
import type { Address } from 'viem'

import { useDeployment } from '@/app/deployment'
import { useReader } from '@/app/useChain'
import { useTransact } from '@/app/useTransact'
import { Button } from '@/components/Button'
import { FailureNotice } from '@/components/Notice'
import { AccessLicense } from '@/generated/abi'
import { amount } from '@/lib/currency'

import { readOwed, useCurrency, useOwed, type Owed } from './chain'
import { TokenNote } from './Price'

export function Collect({ account }: { account: Address }) {
  const owed = useOwed(account)
  if (!owed.data || owed.data.length === 0) return null
  return (
    <section aria-label="Owed to you" className="space-y-4 rounded-2xl border border-good/40 bg-good-soft p-5">
      {owed.data.map((one) => (
        <OwedIn key={one.currency} owed={one} account={account} />
      ))}
    </section>
  )
}

function OwedIn({ owed, account }: { owed: Owed; account: Address }) {
  const client = useReader()
  const deployment = useDeployment()
  const transact = useTransact()
  const currency = useCurrency(owed.currency)
  const collect = () =>
    transact.run(
      account,
      { address: deployment.contracts.AccessLicense, abi: AccessLicense, functionName: 'collect', args: [account, owed.currency] },
      async () => (await readOwed(client, deployment, account, owed.currency)) === 0n,
    )
  if (!currency.data) return null
  return (
    <div className="space-y-3">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p>
          <strong>{amount(owed.units, currency.data)}</strong> are credited to your account.
        </p>
        <Button onClick={() => void collect()} busy={transact.busy} aria-label={`Collect ${amount(owed.units, currency.data)}`}>
          Collect
        </Button>
      </div>
      <TokenNote currency={currency.data} />
      {transact.error !== null && <FailureNotice error={transact.error} />}
    </div>
  )
}
