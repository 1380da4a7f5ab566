/** What a licensee can do while a payment is in escrow: confirm, dispute, refund. */
import { useState } from 'react'
import type { Address, Hex } from 'viem'

import { Button } from '@/components/Button'
import { WriteRow } from '@/components/WriteRow'
import { AccessLicense } from '@/generated/abi'
import { useDeployment } from '@/lib/deployment'
import { useHead, useReader } from '@/lib/useChain'
import { useTransact } from '@/lib/useTransact'
import { useWrite } from '@/lib/useWrite'

import { readLicense, useRefundable, type License, type State } from '../chain'
import { Amount } from '../money/Price'
import { ReasonDialog, type Reason } from './ReasonDialog'

const REASONS: readonly [Reason, ...Reason[]] = [
  ['key does not open the file', 'The key does not open the file'],
  ['file is not as described', 'The file is not as described'],
  ['file cannot be fetched', 'The file cannot be fetched'],
]

type Step = { name: 'confirm' | 'refund' } | { name: 'dispute'; reason: Hex }

export function Actions({ license, account }: { license: License; account: Address }) {
  const client = useReader()
  const deployment = useDeployment()
  const head = useHead()
  const transact = useTransact(account)
  const [disputing, setDisputing] = useState(false)
  const now = head.data?.time ?? 0
  const write = useWrite((step: Step, say) => {
    const at = { address: deployment.contracts.AccessLicense, abi: AccessLicense } as const
    const reached =
      (...states: State[]) =>
      async () =>
        states.includes((await readLicense(client, deployment, license.id)).state)
    switch (step.name) {
      case 'confirm':
        return transact(
          { ...at, functionName: 'confirm', args: [license.id] },
          reached('settled'),
          say,
        )
      case 'refund':
        return transact(
          { ...at, functionName: 'refund', args: [license.id] },
          reached('refunded'),
          say,
        )
      case 'dispute':
        return transact(
          { ...at, functionName: 'dispute', args: [license.id, step.reason] },
          reached('disputed', 'refunded'),
          say,
        )
    }
  })
  const busyWith = (name: Step['name']) => write.busy && write.input?.name === name
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
      <WriteRow write={write} onRetry={write.retry}>
        {license.state === 'delivered' && (
          <>
            <Button
              onClick={() => write.start({ name: 'confirm' })}
              busy={busyWith('confirm')}
              disabled={write.busy}
            >
              Confirm receipt
            </Button>
            {now <= license.deadline && (
              <Button
                look="danger"
                onClick={() => setDisputing(true)}
                busy={busyWith('dispute')}
                disabled={write.busy}
              >
                Dispute
              </Button>
            )}
          </>
        )}
        {refundable && (
          <Button onClick={() => write.start({ name: 'refund' })} busy={write.busy}>
            Take the refund
          </Button>
        )}
      </WriteRow>
      <ReasonDialog
        open={disputing}
        onOpenChange={setDisputing}
        title="Dispute this licence"
        description="Your payment stays in escrow until the arbiter decides; without an arbiter it comes back to you at once. Access ends in either case."
        question="What is wrong?"
        reasons={REASONS}
        action="Open the dispute"
        onChosen={(reason) => write.start({ name: 'dispute', reason })}
      />
    </div>
  )
}
