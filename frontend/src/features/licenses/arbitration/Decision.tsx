/** An arbiter decides a dispute. */
import type { Address } from 'viem'

import { Button } from '@/components/Button'
import { Facts } from '@/components/Card'
import { Copyable } from '@/components/Copyable'
import { WriteRow } from '@/components/WriteRow'
import { AccessLicense } from '@/generated/abi'
import { useDeployment } from '@/lib/deployment'
import { date, relative } from '@/lib/format'
import { useHead } from '@/lib/useChain'
import { useTransact } from '@/lib/useTransact'
import { useWrite } from '@/lib/useWrite'

import { SPARE_GAS, type License } from '../chain'
import { useDatasetOwner } from '../dataset'
import { useReached } from '../license/reached'
import { Amount } from '../money/Price'
import { needsKey, RIGHT_NAMES } from '../rights'
import { useDispute } from './disputes'

export function Decision({ license, account }: { license: License; account: Address }) {
  const { contracts } = useDeployment()
  const now = useHead().data?.time ?? 0
  const transact = useTransact(account)
  const reached = useReached(license)
  const dispute = useDispute(license.id).data
  const owner = useDatasetOwner(license.datasetId).data
  const decide = useWrite((payOwner: boolean, say) =>
    transact(
      {
        address: contracts.AccessLicense,
        abi: AccessLicense,
        functionName: 'resolve',
        args: [license.id, payOwner, license.licensee, license.deadline],
        ...(license.proRata && { spareGas: SPARE_GAS }),
      },
      reached(payOwner ? 'settled' : 'refunded'),
      say,
    ),
  )
  const busyWith = (payOwner: boolean) => decide.busy && decide.input === payOwner
  return (
    <div className="space-y-4">
      <Facts
        items={[
          ['What is wrong', dispute ? dispute.reason || 'No reason was given' : '…'],
          ['Right', RIGHT_NAMES[license.right]],
          ['In escrow', <Amount key="p" units={license.price} currency={license.currency} />],
          [
            'Licensee',
            <Copyable key="l" value={license.licensee} label="licensee address" on="address" />,
          ],
          [
            'Owner',
            owner ? <Copyable key="o" value={owner} label="owner address" on="address" /> : '…',
          ],
          [
            'Decide until',
            `${date(new Date(license.deadline * 1000))} (${relative(license.deadline, now)})`,
          ],
        ]}
      />
      {now > license.deadline ? (
        <p className="text-muted">
          It is too late to decide: anyone can send the payment back to the licensee now.
        </p>
      ) : (
        <>
          <p className="text-muted">
            Hear both before you decide; it cannot be taken back. Nobody has to give you a private
            key.
          </p>
          {needsKey(license.right) && <Evidence id={license.id} />}
          <WriteRow write={decide}>
            {/* Both look alike: the page advises neither. */}
            <Button
              look="secondary"
              onClick={() => decide.start(false)}
              busy={busyWith(false)}
              disabled={decide.busy}
            >
              Refund the licensee
            </Button>
            <Button
              look="secondary"
              onClick={() => decide.start(true)}
              busy={busyWith(true)}
              disabled={decide.busy}
            >
              Pay the owner
            </Button>
          </WriteRow>
        </>
      )}
    </div>
  )
}

/** What a custodian keeps of a delivery tells whether the committed key was in it. */
function Evidence({ id }: { id: bigint }) {
  return (
    <details className="text-sm text-muted">
      <summary className="cursor-pointer">Was the right key delivered?</summary>
      <p className="mt-2">
        The owner’s custodian can send you the evidence of its delivery as a file, sealed to your
        account. This command checks it against the chain, and tries the key on the encrypted file,
        which it fetches for that. You learn the dataset key by it:
      </p>
      <code className="mt-2 block overflow-x-auto rounded-lg bg-sunken px-3 py-2 font-mono text-ink">
        biodesci license judge {String(id)} FILE
      </code>
    </details>
  )
}
