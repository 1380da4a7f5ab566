import { useState } from 'react'

import { Badge, type Tone } from '@/components/Badge'
import { Button } from '@/components/Button'
import { Short } from '@/components/Explorer'
import { FailureNotice } from '@/components/Notice'
import { None } from '@/components/Page'
import { Timeline } from '@/components/Timeline'
import type { RoundAnswer, RoundSummary } from '@/generated/api'
import { count, date } from '@/lib/format'

import { useRounds } from './queries'

const STATES: Record<RoundSummary['state'], { name: string; tone: Tone }> = {
  enrolling: { name: 'Sites enrol', tone: 'warn' },
  running: { name: 'Sites train', tone: 'warn' },
  unmasking: { name: 'Being aggregated', tone: 'warn' },
  finalized: { name: 'Aggregated', tone: 'good' },
  aborted: { name: 'Aborted', tone: 'bad' },
}

const FIRST = 4

/** What happened in each round, newest first: who is awaited, who returned, what came of it. */
export function RoundsFeed({ rounds }: { rounds: readonly RoundSummary[] }) {
  const newest = rounds.toSorted((a, b) => b.id - a.id)
  const details = useRounds(newest.map((round) => round.id))
  const failed = details.find((d) => d.error)
  const [all, setAll] = useState(false)
  if (rounds.length === 0) return <None>No round has been opened yet.</None>
  return (
    <div className="space-y-4">
      {failed?.error && <FailureNotice error={failed.error} />}
      <ol className="space-y-4">
        {newest.slice(0, all ? undefined : FIRST).map((round, i) => {
          const state = STATES[round.state]
          const detail = details[i]?.data
          return (
            <li key={round.id} className="rounded-xl border border-line p-4">
              <p className="mb-1 flex flex-wrap items-center gap-3">
                <span className="font-semibold">Round {round.id}</span>
                <span className="text-muted">
                  {round.kind === 'statistics' ? 'normalization statistics' : 'training'}
                </span>
                <Badge tone={state.tone}>{state.name}</Badge>
                <span className="ml-auto text-sm text-muted">{date(round.openedAt)}</span>
              </p>
              <p>
                {round.committed} of {count(round.enrolled, 'site')} returned
                {round.version !== null && ` · became version ${round.version}`}
              </p>
              {detail && <Metrics result={detail.resultDocument} />}
              {detail && <Sites round={detail} />}
              {detail && <History round={detail} />}
            </li>
          )
        })}
      </ol>
      {!all && newest.length > FIRST && (
        <Button look="secondary" onClick={() => setAll(true)}>
          Show {count(newest.length - FIRST, 'earlier round')}
        </Button>
      )}
    </div>
  )
}

/**
 * What each site measured of its own model on its own validation records; counted under masks, so
 * only the sum is known. The model that came of the sum is another one.
 */
function Metrics({ result }: { result: RoundAnswer['resultDocument'] }) {
  const before = metricsOf(result?.['before'])
  const after = metricsOf(result?.['after'])
  if (!before || !after) return null
  return (
    <p className="text-sm text-muted">
      Accuracy {before.accuracy.toFixed(3)} →{' '}
      <strong className="text-ink">{after.accuracy.toFixed(3)}</strong>, AUC {before.auc.toFixed(3)}{' '}
      → <strong className="text-ink">{after.auc.toFixed(3)}</strong>
      {typeof result?.['validated'] === 'number' && ` on ${result['validated']} held-out records`}:
      each site’s own model before and after its training, before they were added
    </p>
  )
}

function metricsOf(value: unknown): { accuracy: number; auc: number } | null {
  const { accuracy, auc } = (value ?? {}) as Record<string, unknown>
  return typeof accuracy === 'number' && typeof auc === 'number' ? { accuracy, auc } : null
}

function partOf(site: RoundAnswer['enrolments'][number], state: RoundAnswer['state']): string {
  if (site.summed) return 'in the sum'
  const isFixed = state === 'unmasking' || state === 'finalized' || state === 'aborted'
  if (site.commitment) return isFixed ? 'left out' : 'returned'
  return isFixed ? 'did not return' : 'awaited'
}

function Sites({ round }: { round: RoundAnswer }) {
  if (round.enrolments.length === 0) return null
  return (
    <ul aria-label={`Sites of round ${round.id}`} className="mt-3 flex flex-wrap gap-2 text-sm">
      {round.enrolments.map((site) => (
        <li
          key={site.node}
          className="flex items-center gap-1.5 rounded-lg border border-line px-2.5 py-1"
        >
          <span aria-hidden className={site.commitment ? 'text-good' : 'text-muted'}>
            {site.commitment ? '✓' : '…'}
          </span>
          <Short value={site.node} what="site address" place="address" digits={4} />
          <span className="text-muted">
            dataset {site.datasetId}, {partOf(site, round.state)}
          </span>
        </li>
      ))}
    </ul>
  )
}

/** Closed at first: a model that is trained for long has many rounds, each with many events. */
function History({ round }: { round: RoundAnswer }) {
  return (
    <details className="mt-3">
      <summary className="cursor-pointer text-sm text-muted">History of round {round.id}</summary>
      <div className="mt-3 pl-1">
        <Timeline activity={round.activity} />
      </div>
    </details>
  )
}
