/** What a dataset's owner can do with a licence that was sold: decide on a request, or revoke. */
import { useState } from 'react'
import { stringToHex, type Address, type Hex } from 'viem'

import { Button } from '@/components/Button'
import { Card } from '@/components/Card'
import { Terms } from '@/components/Terms'
import { WriteRow } from '@/components/WriteRow'
import { AccessLicense } from '@/generated/abi'
import { amount, isEther, roughly, type Currency } from '@/lib/currency'
import { useDeployment } from '@/lib/deployment'
import { useReader } from '@/lib/useChain'
import { useTransact } from '@/lib/useTransact'
import { useWrite, type Write } from '@/lib/useWrite'

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
import { ReasonDialog, type Reason } from './ReasonDialog'

const REASONS: readonly [Reason, ...Reason[]] = [
  ['terms were broken', 'The licensee broke the terms'],
  ['consent was withdrawn', 'Consent was withdrawn'],
  ['other', 'Another reason'],
]

const NOT_PERMITTED = stringToHex('not permitted', { size: 32 })

const REVOCABLE: ReadonlySet<State> = new Set(['delivered', 'settled', 'disputed'])

interface Props {
  license: License
  account: Address
}

export function Owner({ license, account }: Props) {
  const decision = useDecision(license, account)
  const revocation = useRevocation(license, account)
  return (
    <Card title="As the data owner" id="owner" className="h-fit">
      <div className="space-y-4">
        {license.state === 'inReview' ? (
          <Decide license={license} decision={decision} />
        ) : REVOCABLE.has(license.state) ? (
          <Revoke license={license} revocation={revocation} />
        ) : (
          <p className="text-muted">There is nothing for you to decide or revoke in this state.</p>
        )}
        {/* A second request that was declined leaves all that was approved. What is due falls until
            the block, so a revocation leaves a rest. */}
        {!revocation.busy && <Approval account={account} token={license.currency} />}
      </div>
    </Card>
  )
}

function useReached(license: License) {
  const client = useReader()
  const deployment = useDeployment()
  return (state: State) => async () =>
    (await readLicense(client, deployment, license.id)).state === state
}

type Verdict = 'approve' | 'reject'

function useDecision(license: License, account: Address) {
  const { contracts } = useDeployment()
  const transact = useTransact(account)
  const reached = useReached(license)
  return useWrite((verdict: Verdict, say) => {
    const at = { address: contracts.AccessLicense, abi: AccessLicense } as const
    return verdict === 'approve'
      ? transact({ ...at, functionName: 'approve', args: [license.id] }, reached('purchased'), say)
      : transact(
          { ...at, functionName: 'reject', args: [license.id, NOT_PERMITTED] },
          reached('rejected'),
          say,
        )
  })
}

function useRevocation(license: License, account: Address) {
  const client = useReader()
  const deployment = useDeployment()
  const transact = useTransact(account)
  const { approve } = usePay(account)
  const reached = useReached(license)
  return useWrite(async (reason: Hex, say) => {
    // Read anew: what is due now is enough for any later block.
    const due = paysBack(license) ? await readRefundDue(client, deployment, license.id) : 0n
    const inEther = isEther(license.currency)
    if (due > 0n && !inEther) await approve(license.currency, due, say)
    return transact(
      {
        address: deployment.contracts.AccessLicense,
        abi: AccessLicense,
        functionName: 'revoke',
        args: [license.id, reason],
        // What is too much is credited. One wei more, so that the wallet's estimate of the gas has
        // that credit in it.
        value: due > 0n && inEther ? due + 1n : 0n,
      },
      reached('revoked'),
      say,
    )
  })
}

const paysBack = ({ state, proRata }: License): boolean => state === 'settled' && proRata

interface DecideProps {
  license: License
  decision: Write<Verdict, unknown>
}

function Decide({ license, decision }: DecideProps) {
  const busyWith = (verdict: Verdict) => decision.busy && decision.input === verdict
  return (
    <div className="space-y-4">
      <p className="text-muted">
        The terms leave this purpose to a person’s decision. The buyer declared:
      </p>
      <Terms bits={license.purpose} compact />
      <WriteRow write={decision}>
        <Button
          onClick={() => decision.start('approve')}
          busy={busyWith('approve')}
          disabled={decision.busy}
        >
          Approve
        </Button>
        <Button
          look="danger"
          onClick={() => decision.start('reject')}
          busy={busyWith('reject')}
          disabled={decision.busy}
        >
          Refuse and refund
        </Button>
      </WriteRow>
    </div>
  )
}

interface RevokeProps {
  license: License
  revocation: Write<Hex, unknown>
}

function Revoke({ license, revocation }: RevokeProps) {
  const currency = useCurrency(license.currency).data
  const due = useRefundDue(license).data ?? 0n
  const [asking, setAsking] = useState(false)
  if (!currency) return null
  const says = whatRevokingPays(license, due, currency)
  return (
    <div className="space-y-4">
      <p className="text-muted">
        Revoking ends the licence at once and for good. What was downloaded cannot be called back.{' '}
        {says}
      </p>
      <WriteRow write={revocation} onRetry={revocation.retry}>
        <Button look="danger" onClick={() => setAsking(true)} busy={revocation.busy}>
          Revoke this licence
        </Button>
      </WriteRow>
      <ReasonDialog
        open={asking}
        onOpenChange={setAsking}
        title={`Revoke licence ${license.id}`}
        description={says}
        question="Why? The reason is public."
        reasons={REASONS}
        action={
          paysBack(license) && due > 0n ? `Revoke and pay back ${roughly(due, currency)}` : 'Revoke'
        }
        onChosen={revocation.start}
      />
    </div>
  )
}

function whatRevokingPays(license: License, due: bigint, currency: Currency): string {
  if (license.state !== 'settled')
    return `The ${amount(license.price, currency)} in escrow go back to the licensee.`
  if (!paysBack(license) || due === 0n)
    return 'This licence is settled and its offer promised nothing back: the licensee gets no money.'
  const twice =
    'Your wallet asks twice: to approve that amount, then to revoke. A small rest of the approval stays, and can be withdrawn here.'
  return `You pay back the part that was not used: now ${roughly(due, currency)}, less with every second.${isEther(license.currency) ? '' : ` ${twice}`}`
}
