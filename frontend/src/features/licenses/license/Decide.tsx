/** What the data access committee, or the owner, does before access is given. */
import { stringToHex, type Address } from 'viem'

import { Button } from '@/components/Button'
import { WriteRow } from '@/components/WriteRow'
import { AccessLicense } from '@/generated/abi'
import { useDeployment } from '@/lib/deployment'
import { agreementsOf, PROPERTIES, USES } from '@/lib/duo'
import { useTransact } from '@/lib/useTransact'
import { useWrite } from '@/lib/useWrite'

import type { License } from '../chain'
import { useDeclared, type Declaration } from './declared'
import { useReached } from './reached'

const NOT_PERMITTED = stringToHex('not permitted', { size: 32 })

type Verdict = 'approve' | 'reject'

export function Decide({ license, account }: { license: License; account: Address }) {
  const { contracts } = useDeployment()
  const transact = useTransact(account)
  const reached = useReached(license)
  const declared = useDeclared(license.id)
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
      <Purpose declared={declared} />
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

/** In the words by which the buyer chose. */
function Purpose({ declared: { purpose, disease } }: { declared: Declaration }) {
  if (purpose === null) return '…'
  const chosen = [...USES, ...PROPERTIES].filter(({ bit }) => (purpose & bit) !== 0n)
  const agreed = agreementsOf(purpose)
  return (
    <ul className="list-disc space-y-1 pl-5">
      {chosen.map(({ label }) => (
        <li key={label}>{label}</li>
      ))}
      {disease && <li>Disease: {disease}</li>}
      {agreed.map(({ code, says }) => (
        <li key={code}>Agreed to: {says}</li>
      ))}
    </ul>
  )
}
