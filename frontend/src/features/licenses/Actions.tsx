/** What a licensee can do with a licence in its present state: confirm, dispute, refund. */
import { useState } from 'react'
import { stringToHex, type Address } from 'viem'

import { useDeployment } from '@/app/deployment'
import { useHead, useReader } from '@/app/useChain'
import { useTransact } from '@/app/useTransact'
import { Button } from '@/components/Button'
import { Dialog } from '@/components/Dialog'
import { FailureNotice } from '@/components/Notice'
import { AccessLicense } from '@/generated/abi'
import { ether } from '@/lib/format'

import { readLicense, readOwed, useOwed, type License, type State } from './chain'

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
  const reached = (...states: State[]) => async () => states.includes((await readLicense(client, deployment, license.id)).state)

  const confirm = () => transact.run(account, { ...at, functionName: 'confirm', args: [license.id] }, reached('settled'))
  const refund = () => transact.run(account, { ...at, functionName: 'refund', args: [license.id] }, reached('refunded'))
  const dispute = async () => {
    setDisputing(false)
    await transact.run(account, { ...at, functionName: 'dispute', args: [license.id, stringToHex(reason, { size: 32 })] }, reached('disputed', 'refunded'))
  }
  const late = license.state === 'purchased' && now > license.deadline
  if (license.state !== 'delivered' && license.state !== 'purchased') return null
  return (
    <div className="space-y-4">
      {license.state === 'delivered' && (
        <p className="text-muted">
          Confirm once the file is what you bought: the {ether(license.price)} in escrow then go to the owner. If something is wrong, dispute instead. After the dispute window the owner is paid without you.
        </p>
      )}
      {license.state === 'purchased' && !late && <p className="text-muted">The owner’s custodian seals the key to you; this usually takes seconds. If it misses the deadline you get your payment back here.</p>}
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
        {late && (
          <Button onClick={() => void refund()} busy={transact.busy}>
            Take the refund
          </Button>
        )}
        <span role="status" className="text-muted">
          {transact.said}
        </span>
      </div>
      <Dialog open={disputing} onOpenChange={setDisputing} title="Dispute this licence" description="Your payment stays in escrow until the arbiter decides; without an arbiter it comes back to you at once. Access ends in either case.">
        <fieldset className="mb-5 space-y-2">
          <legend className="mb-2 font-medium">What is wrong?</legend>
          {REASONS.map(([value, label]) => (
            <label key={value} className="flex items-center gap-3">
              <input type="radio" name="reason" value={value} checked={reason === value} onChange={() => setReason(value)} className="size-4.5 accent-brand" />
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

/** Refunds are credited; the account collects them. */
export function Collect({ account }: { account: Address }) {
  const client = useReader()
  const deployment = useDeployment()
  const owed = useOwed(account)
  const transact = useTransact()
  if (!owed.data) return null
  const collect = () =>
    transact.run(
      account,
      { address: deployment.contracts.AccessLicense, abi: AccessLicense, functionName: 'collect', args: [account] },
      async () => (await readOwed(client, deployment, account)) === 0n,
    )
  return (
    <div className="space-y-3 rounded-2xl border border-good/40 bg-good-soft p-5">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p>
          <strong>{ether(owed.data)}</strong> are credited to your account.
        </p>
        <Button onClick={() => void collect()} busy={transact.busy}>
          Collect
        </Button>
      </div>
      {transact.error !== null && <FailureNotice error={transact.error} />}
    </div>
  )
}
