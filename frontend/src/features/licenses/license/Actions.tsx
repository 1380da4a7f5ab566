/** What a licensee can do while a payment is in escrow: confirm, dispute, refund. */
import { useState } from 'react'
import { stringToHex, type Address } from 'viem'

import { Button } from '@/components/Button'
import { Dialog } from '@/components/Dialog'
import { FailureNotice } from '@/components/Notice'
import { AccessLicense } from '@/generated/abi'
import { useDeployment } from '@/lib/deployment'
import { useHead, useReader } from '@/lib/useChain'
import { useTransact } from '@/lib/useTransact'

import { readLicense, useRefundable, type License, type State } from '../chain'
import { Amount } from '../money/Price'

/** At most 31 bytes each: they go on chain as the dispute's reason. */
const REASONS = [
  ['key does not open the file', 'The key does not open the file'],
  ['file is not as described', 'The file is not as described'],
  ['file cannot be fetched', 'The file cannot be fetched'],
] as const

export function Actions({ license, account }: { license: License; account: Address }) {
  const client = useReader()
  const deployment = useDeployment()
  const head = useHead()
  const transact = useTransact()
  const [disputing, setDisputing] = useState(false)
  const [reason, setReason] = useState<string>(REASONS[0][0])
  const at = { address: deployment.contracts.AccessLicense, abi: AccessLicense } as const
  const now = head.data?.time ?? 0
  const reached =
    (...states: State[]) =>
    async () =>
      states.includes((await readLicense(client, deployment, license.id)).state)

  const confirm = () =>
    transact.run(
      account,
      { ...at, functionName: 'confirm', args: [license.id] },
      reached('settled'),
    )
  const refund = () =>
    transact.run(
      account,
      { ...at, functionName: 'refund', args: [license.id] },
      reached('refunded'),
    )
  const dispute = async () => {
    setDisputing(false)
    await transact.run(
      account,
      { ...at, functionName: 'dispute', args: [license.id, stringToHex(reason, { size: 32 })] },
      reached('disputed', 'refunded'),
    )
  }
  const refundable = useRefundable(license, account).data === true
  return (
    <div className="space-y-4">
      {license.state === 'delivered' && (
        <p className="text-muted">
          Confirm once the file is what you bought: the{' '}
          <Amount units={license.price} currency={license.currency} /> in escrow then go to the
          owner. If something is wrong, dispute instead. After the dispute window the owner is paid
          without you.
        </p>
      )}
      {!refundable && license.state === 'purchased' && (
        <p className="text-muted">
          The owner’s custodian seals the key to you; this usually takes seconds. If it misses the
          deadline you get your payment back here.
        </p>
      )}
      {!refundable && license.state === 'inReview' && (
        <p className="text-muted">
          A data access committee reads your purpose. If it says no, or nothing in time, you get
          your payment back here.
        </p>
      )}
      {!refundable && license.state === 'disputed' && (
        <p className="text-muted">
          The arbiter decides. If it is silent for 30 days you get your payment back here.
        </p>
      )}
      {refundable && (
        <p className="text-muted">
          You can take your payment back now: the time is over, consent was withdrawn, or a visa
          lapsed.
        </p>
      )}
      {transact.error !== null && <FailureNotice error={transact.error} />}
      <div className="flex flex-wrap items-center gap-3">
        {license.state === 'delivered' && (
          <>
            <Button onClick={() => void confirm()} busy={transact.busy}>
              Confirm receipt
            </Button>
            {now <= license.deadline && (
              <Button look="danger" onClick={() => setDisputing(true)} disabled={transact.busy}>
                Dispute
              </Button>
            )}
          </>
        )}
        {refundable && (
          <Button onClick={() => void refund()} busy={transact.busy}>
            Take the refund
          </Button>
        )}
        <span role="status" className="text-muted">
          {transact.said}
        </span>
      </div>
      <Dialog
        open={disputing}
        onOpenChange={setDisputing}
        title="Dispute this licence"
        description="Your payment stays in escrow until the arbiter decides; without an arbiter it comes back to you at once. Access ends in either case."
      >
        <fieldset className="mb-5 space-y-2">
          <legend className="mb-2 font-medium">What is wrong?</legend>
          {REASONS.map(([value, label]) => (
            <label key={value} className="flex items-center gap-3">
              <input
                type="radio"
                name="reason"
                value={value}
                checked={reason === value}
                onChange={() => setReason(value)}
                className="size-4.5 accent-brand"
              />
              {label}
            </label>
          ))}
        </fieldset>
        <Button look="danger" onClick={() => void dispute()}>
          Open the dispute
        </Button>
      </Dialog>
    </div>
  )
}
