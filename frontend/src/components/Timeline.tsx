import { useState } from 'react'

import type { Activity } from '@/generated/api'
import { count, date } from '@/lib/format'

import { Button } from './Button'
import { Copyable } from './Copyable'
import { ContractName } from './Explorer'
import { Involved } from './Involved'
import { None } from './Page'

const SENTENCES: Record<string, string> = {
  Transfer: 'Passed on to another owner',
  DatasetPublished: 'Dataset published',
  VersionPublished: 'Version published',
  VersionWithdrawn: 'Consent withdrawn',
  RoleGranted: 'Role proposed to an account',
  RoleAccepted: 'Role accepted',
  RoleRevoked: 'Role ended',
  ArbitrationAccepted: 'Account decides disputes, or no longer',
  OfferCreated: 'Offer made',
  OfferClosed: 'Offer closed',
  LicensePurchased: 'Licence bought, payment in escrow',
  LicenseApproved: 'Approved by the committee',
  LicenseRejected: 'Refused by the committee, refunded',
  LicenseCancelled: 'Cancelled by the licensee',
  LicenseDelivered: 'Access given to the licensee',
  KeyRedelivered: 'Key delivered once more',
  LicenseSettled: 'Payment settled',
  LicenseEarned: 'Owner credited what was earned',
  LicenseRefunded: 'Refunded',
  LicenseDisputed: 'Disputed',
  DisputeResolved: 'Dispute decided',
  LicenseRevoked: 'Licence revoked',
  LicenseConsumed: 'One use spent',
  VisasShown: 'Visas shown',
  PurposeDeclared: 'Disease or research statement declared',
  Collected: 'Money collected',
  OrdersCancelled: 'Signed orders cancelled',
  IssuerTrusted: 'Visa issuer trusted',
  ValueRequired: 'Value of a visa required',
  VisaRevoked: 'Visa revoked',
  ModelRegistered: 'Model registered',
  ModelVersionPublished: 'Model version published',
  CodecGranted: 'Codec granted',
  RoundOpened: 'Round opened',
  NodeEnrolled: 'Site enrolled',
  RoundStarted: 'Roster fixed, training started',
  DealersFixed: 'Set of masks fixed for all sites',
  UpdateCommitted: 'Site committed a masked update',
  CommitsClosed: 'Set of updates fixed',
  RoundFinalized: 'Updates aggregated, round closed',
  RoundAborted: 'Round aborted',
  StatisticsReleased: 'Statistics released for a sum with others, or no longer',
  InferenceRequested: 'Inference requested',
  InferenceCommitted: 'Worker committed its output',
  InferenceChallenged: 'Output challenged',
  ChallengeResolved: 'Challenge decided',
  InferenceRefused: 'Output refused, requester credited',
  InferenceFinalized: 'Final, worker credited',
  InferenceCancelling: 'Requester cancels, a last deadline set',
  InferenceExpired: 'Expired, requester credited',
  AuditorNamed: 'Requester named an auditor',
  AuditorTrusted: 'Model owner trusts an auditor, or no longer',
  AuditAttested: 'Auditor’s verdict recorded',
}

export function sentenceFor(event: string): string {
  return SENTENCES[event] ?? event
}

/** Entries shown at first: a model that is trained for long has hundreds. */
const FIRST = 8

/** Events on chain, newest first. */
export function Timeline({ activity }: { activity: readonly Activity[] }) {
  const [all, setAll] = useState(false)
  if (activity.length === 0) return <None>Nothing has happened yet.</None>
  const newest = activity.toSorted((a, b) => b.block - a.block || b.time.localeCompare(a.time))
  return (
    <>
      <ol className="space-y-4 border-l-2 border-line pl-5">
        {newest.slice(0, all ? undefined : FIRST).map((event, i) => (
          // Several events of one transaction may share everything but their place.
          <li key={`${event.txHash}-${event.name}-${newest.length - i}`} className="relative">
            <span
              aria-hidden
              className="absolute top-2 -left-[1.65rem] size-2.5 rounded-full border-2 border-brand bg-surface"
            />
            <p className="font-medium">{sentenceFor(event.name)}</p>
            {event.accounts.length > 0 && (
              <p className="mb-1 flex flex-wrap gap-x-4 text-sm leading-6">
                <Involved accounts={event.accounts} />
              </p>
            )}
            <p className="flex flex-wrap items-center gap-x-3 gap-y-1.5 text-sm text-muted">
              <time dateTime={event.time}>{date(event.time)}</time>
              <span>block {event.block}</span>
              <span>
                <ContractName name={event.contract} />
              </span>
              <Copyable value={event.txHash} label="transaction hash" on="tx" />
            </p>
          </li>
        ))}
      </ol>
      {!all && newest.length > FIRST && (
        <Button look="secondary" className="mt-4" onClick={() => setAll(true)}>
          Show {count(newest.length - FIRST, 'earlier event')}
        </Button>
      )}
    </>
  )
}
