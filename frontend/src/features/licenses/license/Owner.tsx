/**
 * What a dataset's owner, or its committee, can do with a licence that was sold: decide on the
 * purchase, take what was earned, revoke.
 */
import { useState } from 'react'
import type { Address, Hex } from 'viem'

import { Button } from '@/components/Button'
import { Card } from '@/components/Card'
import { WriteRow } from '@/components/WriteRow'
import { AccessLicense } from '@/generated/abi'
import { amount, roughly, type Currency } from '@/lib/currency'
import { useDeployment } from '@/lib/deployment'
import { useHead, useReader } from '@/lib/useChain'
import { useTransact } from '@/lib/useTransact'
import { useWrite } from '@/lib/useWrite'

import {
  awaitsDelivery,
  earnsOverTime,
  SPARE_GAS,
  useCurrency,
  type License,
  type State,
} from '../chain'
import { Amount, AmountNow } from '../money/Price'
import { readShares, useShares, type Shares } from '../money/shares'
import { Decide } from './Decide'
import { useReached } from './reached'
import { ReasonDialog, type Reason } from './ReasonDialog'

const REASONS: readonly [Reason, ...Reason[]] = [
  ['terms were broken', 'The licensee broke the terms'],
  ['consent was withdrawn', 'Consent was withdrawn'],
  ['other', 'Another reason'],
]

const REVOCABLE: ReadonlySet<State> = new Set(['delivered', 'settled', 'disputed'])

interface Props {
  license: License
  account: Address
}

export function Owner({ license, account, owns }: Props & { owns: boolean }) {
  return (
    <Card
      title={owns ? 'As the data owner' : 'As a member of the committee'}
      id="owner"
      className="h-fit"
    >
      {awaitsDelivery(license) ? (
        <Decide license={license} account={account} />
      ) : REVOCABLE.has(license.state) ? (
        <div className="space-y-6">
          <Income license={license} account={account} />
          <Revoke license={license} account={account} />
        </div>
      ) : (
        <p className="text-muted">There is nothing for you to decide or revoke in this state.</p>
      )}
    </Card>
  )
}

/** What the owner has earned and was not credited yet. */
function Income({ license, account }: Props) {
  const client = useReader()
  const deployment = useDeployment()
  const transact = useTransact(account)
  const reached = useReached(license)
  const now = useHead().data?.time ?? 0
  const shares = useShares(license).data
  const at = {
    address: deployment.contracts.AccessLicense,
    abi: AccessLicense,
    ...(license.proRata && { spareGas: SPARE_GAS }),
  } as const
  const claim = useWrite(async (_: void, say) => {
    if (license.state === 'delivered')
      return transact({ ...at, functionName: 'claim', args: [license.id] }, reached('settled'), say)
    // A second later there is more again: less than now says that it was credited.
    const { toOwner } = await readShares(client, deployment, license.id)
    const landed = async () => (await readShares(client, deployment, license.id)).toOwner < toOwner
    return transact({ ...at, functionName: 'claimEarned', args: [license.id] }, landed, say)
  })
  const units = <Amount units={license.price} currency={license.currency} />
  if (license.state === 'delivered')
    return license.deadline >= now ? (
      <p className="text-muted">
        The {units} in escrow are yours once the licensee confirms, or uses the licence, or its time
        to do so is over.
      </p>
    ) : (
      <div className="space-y-4">
        <p className="text-muted">
          The licensee’s time is over: {license.proRata ? 'you earn' : 'you get'} the {units} in
          escrow{license.proRata && ' over the time of access'}.
        </p>
        <WriteRow write={claim}>
          <Button onClick={() => claim.start()} busy={claim.busy}>
            {license.proRata ? 'Settle the licence' : 'Claim the payment'}
          </Button>
        </WriteRow>
      </div>
    )
  if (!earnsOverTime(license) || !shares) return null
  return (
    <div className="space-y-4">
      <p className="text-muted">
        The {units} are earned over the time of access. Credited so far:{' '}
        <Amount units={license.earned} currency={license.currency} />; earned besides:{' '}
        <AmountNow units={shares.toOwner} currency={license.currency} />, more with every second.
        {shares.toLicensee > 0n && (
          <>
            {' '}
            Not earned yet: <AmountNow units={shares.toLicensee} currency={license.currency} />.
          </>
        )}
      </p>
      <WriteRow write={claim}>
        <Button onClick={() => claim.start()} busy={claim.busy} disabled={shares.toOwner === 0n}>
          Claim what is earned
        </Button>
      </WriteRow>
    </div>
  )
}

function Revoke({ license, account }: Props) {
  const { contracts } = useDeployment()
  const transact = useTransact(account)
  const reached = useReached(license)
  const currency = useCurrency(license.currency).data
  const shares = useShares(license).data
  const [asking, setAsking] = useState(false)
  const revocation = useWrite((reason: Hex, say) =>
    transact(
      {
        address: contracts.AccessLicense,
        abi: AccessLicense,
        functionName: 'revoke',
        args: [license.id, reason, license.licensee],
        ...(license.proRata && { spareGas: SPARE_GAS }),
      },
      reached('revoked'),
      say,
    ),
  )
  if (!currency) return null
  const says = whatRevokingPays(license, shares, currency)
  return (
    <div className="space-y-4">
      <p className="text-muted">
        Revoking ends the licence at once and for good.
        {license.right === 'download' && ' What was downloaded cannot be called back.'} {says}
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
        action="Revoke"
        onChosen={revocation.start}
      />
    </div>
  )
}

function whatRevokingPays(
  license: License,
  shares: Shares | undefined,
  currency: Currency,
): string {
  if (license.state !== 'settled')
    return `The ${amount(license.price, currency)} in escrow go back to the licensee.`
  if (!license.proRata)
    return 'This licence is settled and its offer promised nothing back: the licensee gets no money.'
  if (!shares) return ''
  return `You are credited what was earned; the licensee gets what was not: now ${roughly(shares.toLicensee, currency)}, less with every second.`
}
