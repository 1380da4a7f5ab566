/** What a licensee can do while a payment is in escrow: confirm, dispute, cancel, take a refund. */
import { useState } from 'react'
import type { Address, Hex } from 'viem'

import { Button } from '@/components/Button'
import { Facts } from '@/components/Card'
import { Loading } from '@/components/Page'
import { WriteRow } from '@/components/WriteRow'
import { AccessLicense } from '@/generated/abi'
import { amount } from '@/lib/currency'
import { useDeployment } from '@/lib/deployment'
import { date } from '@/lib/format'
import { useHead } from '@/lib/useChain'
import { useTransact } from '@/lib/useTransact'
import { useWrite } from '@/lib/useWrite'

import { SPARE_GAS, useCurrency, useOffer, useRefundable, type License } from '../chain'
import { needsKey } from '../rights'
import { saleOf, waysToSettle } from '../settlement'
import { useReached } from './reached'
import { ReasonDialog, type Reason } from './ReasonDialog'

const WITH_KEY: readonly [Reason, ...Reason[]] = [
  ['key does not open the file', 'The key does not open the file'],
  ['file is not as described', 'The file is not as described'],
  ['file cannot be fetched', 'The file cannot be fetched'],
]

const WITHOUT_KEY: readonly [Reason, ...Reason[]] = [
  ['the node does not serve', 'The owner’s node does not serve the licence'],
  ['data are not as described', 'The data are not as described'],
]

type Step = { name: 'confirm' | 'cancel' | 'refund' } | { name: 'dispute'; reason: Hex }

export function Actions({ license, account }: { license: License; account: Address }) {
  const { contracts } = useDeployment()
  const now = useHead().data?.time ?? 0
  const transact = useTransact(account)
  const reached = useReached(license)
  const [disputing, setDisputing] = useState(false)
  const offer = useOffer(license.offerId).data
  const refundable = useRefundable(license, account).data === true
  const write = useWrite((step: Step, say) => {
    const at = {
      address: contracts.AccessLicense,
      abi: AccessLicense,
      ...(license.proRata && { spareGas: SPARE_GAS }),
    } as const
    const { name } = step
    switch (name) {
      case 'confirm':
        return transact({ ...at, functionName: name, args: [license.id] }, reached('settled'), say)
      case 'cancel':
      case 'refund':
        return transact({ ...at, functionName: name, args: [license.id] }, reached('refunded'), say)
      case 'dispute':
        return transact(
          { ...at, functionName: name, args: [license.id, step.reason] },
          reached('disputed'),
          say,
        )
    }
  })
  const busyWith = (name: Step['name']) => write.busy && write.input?.name === name
  if (!offer) return <Loading what="the offer" />
  const sale = saleOf(offer)
  const disputable = sale.hasArbiter && now <= license.deadline && !refundable
  return (
    <div className="space-y-4">
      {refundable ? (
        <p className="text-muted">{sayRefundable(license)}</p>
      ) : license.state === 'delivered' ? (
        <Ways license={license} />
      ) : (
        <p className="text-muted">{sayWaiting(license)}</p>
      )}
      <WriteRow write={write} onRetry={write.retry}>
        {license.state === 'delivered' && !refundable && (
          <Button
            onClick={() => write.start({ name: 'confirm' })}
            busy={busyWith('confirm')}
            disabled={write.busy}
          >
            {needsKey(license.right) ? 'Confirm receipt' : 'Confirm access'}
          </Button>
        )}
        {license.state === 'delivered' && disputable && (
          <Button
            look="danger"
            onClick={() => setDisputing(true)}
            busy={busyWith('dispute')}
            disabled={write.busy}
          >
            Dispute
          </Button>
        )}
        {license.state === 'inReview' && (
          <Button
            look={refundable ? 'secondary' : 'danger'}
            onClick={() => write.start({ name: 'cancel' })}
            busy={busyWith('cancel')}
            disabled={write.busy}
          >
            Cancel and be refunded
          </Button>
        )}
        {refundable && license.state !== 'inReview' && (
          <Button
            onClick={() => write.start({ name: 'refund' })}
            busy={busyWith('refund')}
            disabled={write.busy}
          >
            Take the refund
          </Button>
        )}
      </WriteRow>
      <ReasonDialog
        open={disputing}
        onOpenChange={setDisputing}
        title="Dispute this licence"
        description="Access stops. Your payment stays in escrow until the arbiter decides who gets it; if it decides nothing in 30 days, the payment comes back to you."
        question="What is wrong? The reason is public."
        reasons={needsKey(license.right) ? WITH_KEY : WITHOUT_KEY}
        action="Open the dispute"
        onChosen={(reason) => write.start({ name: 'dispute', reason })}
      />
    </div>
  )
}

function Ways({ license }: { license: License }) {
  const offer = useOffer(license.offerId).data
  const currency = useCurrency(license.currency).data
  if (!offer || !currency) return <Loading what="what happens next" />
  const until = date(new Date(license.deadline * 1000))
  const ways = waysToSettle(saleOf(offer), amount(license.price, currency), until)
  return <Facts items={ways.map(({ name, says }) => [name, says])} />
}

function sayRefundable({ state }: License): string {
  switch (state) {
    case 'settled':
      return 'A visa or consent ended this licence before its time. What the owner has not earned is yours.'
    case 'delivered':
      return 'Access was taken away before you used it: you can take your payment back now.'
    case 'disputed':
      return 'The arbiter has not decided in time: you can take your payment back now.'
    default:
      return 'You can take your payment back now: the time is over, consent was withdrawn, or a visa lapsed.'
  }
}

function sayWaiting({ state, right }: License): string {
  switch (state) {
    case 'inReview':
      return 'A data access committee reads your purpose. If it says no, or nothing in time, you get your payment back here. Until it has decided you can cancel.'
    case 'disputed':
      return 'The arbiter decides who gets the payment. If it decides nothing in time, you get your payment back here.'
    default:
      return needsKey(right)
        ? 'The owner’s custodian seals the key to you; this usually takes seconds. If it misses the deadline you get your payment back here.'
        : 'The owner, or who acts for it, gives you access; this usually takes seconds. If the deadline is missed you get your payment back here.'
  }
}
