/** What a dataset's owner can do with a licence that was sold: decide on a request, or revoke. */
import { useState } from 'react'
import { stringToHex, type Address } from 'viem'

import { Button } from '@/components/Button'
import { Card } from '@/components/Card'
import { Dialog } from '@/components/Dialog'
import { FailureNotice } from '@/components/Notice'
import { Terms } from '@/components/Terms'
import { AccessLicense } from '@/generated/abi'
import { amount, isEther, roughly } from '@/lib/currency'
import { useDeployment } from '@/lib/deployment'
import { useReader } from '@/lib/useChain'

import {
  readLicense,
  readRefundDue,
  useCurrency,
  useRefundDue,
  type License,
  type State,
} from '../chain'
import { usePay } from '../money/payment'
import { Approval } from '../money/Price'

/** At most 31 bytes each: they go on chain. */
const REASONS = [
  ['terms were broken', 'The licensee broke the terms'],
  ['consent was withdrawn', 'Consent was withdrawn'],
  ['other', 'Another reason'],
] as const

const REVOCABLE: ReadonlySet<State> = new Set(['delivered', 'settled', 'disputed'])

export function Owner({ license, account }: { license: License; account: Address }) {
  const payment = usePay(account)
  return (
    <Card title="As the data owner" id="owner" className="h-fit">
      <div className="space-y-4">
        {license.state === 'inReview' ? (
          <Decide license={license} account={account} payment={payment} />
        ) : REVOCABLE.has(license.state) ? (
          <Revoke license={license} account={account} payment={payment} />
        ) : (
          <p className="text-muted">There is nothing for you to decide or revoke in this state.</p>
        )}
        {/* A second request that was declined leaves all that was approved. What is due falls until
            the block, so a revocation leaves a rest. */}
        {!payment.busy && <Approval account={account} token={license.currency} />}
      </div>
    </Card>
  )
}

function useReached(license: License) {
  const client = useReader()
  const deployment = useDeployment()
  return async (state: State) => (await readLicense(client, deployment, license.id)).state === state
}

interface Props {
  license: License
  account: Address
  payment: ReturnType<typeof usePay>
}

function Decide({ license, account, payment }: Props) {
  const deployment = useDeployment()
  const is = useReached(license)
  const at = { address: deployment.contracts.AccessLicense, abi: AccessLicense } as const
  const approve = () =>
    payment.run(account, { ...at, functionName: 'approve', args: [license.id] }, () =>
      is('purchased'),
    )
  const reject = () =>
    payment.run(
      account,
      {
        ...at,
        functionName: 'reject',
        args: [license.id, stringToHex('not permitted', { size: 32 })],
      },
      () => is('rejected'),
    )
  return (
    <div className="space-y-4">
      <p className="text-muted">
        The terms leave this purpose to a person’s decision. The buyer declared:
      </p>
      <Terms bits={license.purpose} compact />
      {payment.error !== null && <FailureNotice error={payment.error} />}
      <div className="flex flex-wrap items-center gap-3">
        <Button onClick={() => void approve()} busy={payment.busy}>
          Approve
        </Button>
        <Button look="danger" onClick={() => void reject()} disabled={payment.busy}>
          Refuse and refund
        </Button>
        <span role="status" className="text-muted">
          {payment.said}
        </span>
      </div>
    </div>
  )
}

function Revoke({ license, account, payment }: Props) {
  const client = useReader()
  const deployment = useDeployment()
  const is = useReached(license)
  const currency = useCurrency(license.currency).data
  const due = useRefundDue(license).data ?? 0n
  const [asking, setAsking] = useState(false)
  const [reason, setReason] = useState<string>(REASONS[0][0])
  if (!currency) return null

  const paysBack = license.state === 'settled' && license.proRata && due > 0n
  const says = !paysBack
    ? license.state === 'settled'
      ? 'This licence is settled and its offer promised nothing back: the licensee gets no money.'
      : `The ${amount(license.price, currency)} in escrow go back to the licensee.`
    : `You pay back the part that was not used: now ${roughly(due, currency)}, less with every second.${isEther(license.currency) ? '' : ' Your wallet asks twice: to approve that amount, then to revoke. A small rest of the approval stays, and can be withdrawn here.'}`

  const revoke = async () => {
    setAsking(false)
    // Read anew: what is due now is enough for any later block.
    const now = paysBack ? await readRefundDue(client, deployment, license.id) : 0n
    if (now > 0n && !isEther(license.currency) && !(await payment.approve(license.currency, now)))
      return
    await payment.run(
      account,
      {
        address: deployment.contracts.AccessLicense,
        abi: AccessLicense,
        functionName: 'revoke',
        args: [license.id, stringToHex(reason, { size: 32 })],
        // What is too much is credited. One wei more, so that the wallet's estimate of the gas has
        // that credit in it.
        value: isEther(license.currency) && now > 0n ? now + 1n : 0n,
      },
      () => is('revoked'),
    )
  }
  return (
    <div className="space-y-4">
      <p className="text-muted">
        Revoking ends the licence at once and for good. What was downloaded cannot be called back.{' '}
        {says}
      </p>
      {payment.error !== null && <FailureNotice error={payment.error} />}
      <div className="flex flex-wrap items-center gap-3">
        <Button look="danger" onClick={() => setAsking(true)} busy={payment.busy}>
          Revoke this licence
        </Button>
        <span role="status" className="text-muted">
          {payment.said}
        </span>
      </div>
      <Dialog
        open={asking}
        onOpenChange={setAsking}
        title={`Revoke licence ${license.id}`}
        description={says}
      >
        <fieldset className="mb-5 space-y-2">
          <legend className="mb-2 font-medium">Why? The reason is public.</legend>
          {REASONS.map(([value, label]) => (
            <label key={value} className="flex items-center gap-3">
              <input
                type="radio"
                name="revocation"
                value={value}
                checked={reason === value}
                onChange={() => setReason(value)}
                className="size-4.5 accent-brand"
              />
              {label}
            </label>
          ))}
        </fieldset>
        <Button look="danger" onClick={() => void revoke()}>
          {paysBack ? `Revoke and pay back ${roughly(due, currency)}` : 'Revoke'}
        </Button>
      </Dialog>
    </div>
  )
}
