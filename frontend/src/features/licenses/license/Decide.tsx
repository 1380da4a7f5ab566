/** What the data access committee, or the owner, does before access is given. */
import { stringToHex, type Address } from 'viem'

import { Button } from '@/components/Button'
import { WriteRow } from '@/components/WriteRow'
import { AccessLicense } from '@/generated/abi'
import { useDeployment } from '@/lib/deployment'
import { useTransact } from '@/lib/useTransact'
import { useWrite } from '@/lib/useWrite'

import type { License } from '../chain'
import { useDeclared } from './declared'
import { Purpose } from './Purpose'
import { useReached } from './reached'

const NOT_PERMITTED = stringToHex('not permitted', { size: 32 })

type Verdict = 'approve' | 'reject'

export function Decide({ license, account }: { license: License; account: Address }) {
  const { contracts } = useDeployment()
  const transact = useTransact(account)
  const reached = useReached(license)
  const { purpose, disease } = useDeclared(license.id)
  const decision = useWrite((verdict: Verdict, say) => {
    const at = { address: contracts.AccessLicense, abi: AccessLicense } as const
    return verdict === 'approve'
      ? transact(
          {
            ...at,
            functionName: 'approve',
            args: [license.id, license.licensee, license.deadline],
          },
          reached('purchased'),
          say,
        )
      : transact(
          { ...at, functionName: 'reject', args: [license.id, NOT_PERMITTED] },
          reached('rejected'),
          say,
        )
  })
  const busyWith = (verdict: Verdict) => decision.busy && decision.input === verdict
  const waits = license.state === 'inReview'
  return (
    <div className="space-y-4">
      <p className="text-muted">
        {waits
          ? 'The terms leave this purpose to a person’s decision. The buyer declared:'
          : 'Until access is given this purchase can still be refused. The buyer declared:'}
      </p>
      {purpose === null ? '…' : <Purpose purpose={purpose} disease={disease} />}
      <WriteRow write={decision}>
        {waits && (
          <Button
            onClick={() => decision.start('approve')}
            busy={busyWith('approve')}
            disabled={decision.busy}
          >
            Approve
          </Button>
        )}
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
