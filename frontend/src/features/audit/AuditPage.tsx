/** Everything that happened on chain, over all assets, newest first: a reading aid; each entry names the transaction to check. */
import { useQueries } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'

import { useDeployment } from '@/lib/deployment'
import { Button } from '@/components/Button'
import { Card, Facts } from '@/components/Card'
import { Copyable } from '@/components/Copyable'
import { ContractName } from '@/components/Explorer'
import { FailureNotice } from '@/components/Notice'
import { Empty, Loading, Page } from '@/components/Page'
import { sentenceFor } from '@/components/Timeline'
import { useDatasets } from '@/features/datasets/queries'
import { useInferences } from '@/features/inference/queries'
import { useModels, useRounds } from '@/features/models/queries'
import type { Activity, DatasetAnswer, InferenceAnswer, ModelAnswer } from '@/generated/api'
import { get } from '@/lib/api'
import { date } from '@/lib/format'

interface Entry extends Activity {
  asset: string
  path: string
}

type Kind = 'datasets' | 'models' | 'inferences'

const KINDS: readonly [Kind, string][] = [
  ['datasets', 'Datasets'],
  ['models', 'Models'],
  ['inferences', 'Inferences'],
]

/** Entries shown at a time: a training run alone leaves a hundred. */
const PAGE = 40

export default function AuditPage() {
  const datasets = useDatasets()
  const models = useModels()
  const inferences = useInferences()
  const [limit, setLimit] = useState(PAGE)
  const [shown, setShown] = useState<ReadonlySet<Kind>>(new Set(['datasets', 'models', 'inferences']))
  const wanted: { kind: Kind; id: number; name: string }[] = [
    ...(datasets.data?.pages.flatMap((p) => p.items) ?? []).map((d) => ({ kind: 'datasets' as const, id: d.id, name: d.name || `Dataset ${d.id}` })),
    ...(models.data?.pages.flatMap((p) => p.items) ?? []).map((m) => ({ kind: 'models' as const, id: m.id, name: m.name || `Model ${m.id}` })),
    ...(inferences.data?.pages.flatMap((p) => p.items) ?? []).map((i) => ({ kind: 'inferences' as const, id: i.id, name: `Inference ${i.id}` })),
  ].filter((asset) => shown.has(asset.kind))
  const details = useQueries({
    queries: wanted.map(({ kind, id }) => ({
      queryKey: ['api', kind.slice(0, -1), String(id)],
      queryFn: ({ signal }: { signal: AbortSignal }) => get<DatasetAnswer | ModelAnswer | InferenceAnswer>(`/v1/${kind}/${id}`, signal),
    })),
  })
  const roundIds = details.flatMap(({ data }) => (data && 'roundList' in data ? data.roundList.map((round) => round.id) : []))
  const rounds = useRounds(roundIds)
  const error = [datasets, models, inferences, ...details, ...rounds].find((q) => q.error)?.error
  const pending = datasets.isPending || models.isPending || inferences.isPending
  const ofRounds = rounds.flatMap(({ data }) =>
    data ? data.activity.map((event) => ({ ...event, asset: `Round ${data.id} of model ${data.modelId}`, path: `/models/${data.modelId}` })) : [],
  )
  const entries: Entry[] = details
    .flatMap((detail, i) => {
      const asset = wanted[i]
      if (!detail.data || !asset) return []
      return detail.data.activity.map((event) => ({ ...event, asset: asset.name, path: `/${asset.kind}/${asset.id}` }))
    })
    .concat(ofRounds)
    .toSorted((a, b) => b.block - a.block)
  const lists = [datasets, models, inferences]
  const older = lists.filter((list) => list.hasNextPage)
  const toggle = (kind: Kind) =>
    setShown((set) => {
      const next = new Set(set)
      if (!next.delete(kind)) next.add(kind)
      return next
    })
  return (
    <Page title="Audit timeline" lead="What happened on chain, over all datasets, models and inferences. Each entry names its transaction; the contracts are the record, this page only reads it out.">
      <div role="group" aria-label="Kinds of entries" className="flex flex-wrap gap-2">
        {KINDS.map(([kind, name]) => (
          <Button key={kind} look="secondary" aria-pressed={shown.has(kind)} onClick={() => toggle(kind)}>
            <span aria-hidden>{shown.has(kind) ? '✓' : '＋'}</span> {name}
          </Button>
        ))}
      </div>
      {error && <FailureNotice error={error} />}
      {pending && !error && <Loading what="the timeline" />}
      {!pending && entries.length === 0 && !error && <Empty title="Nothing to show">Nothing happened yet, or every kind is switched off.</Empty>}
      {entries.length > 0 && (
        <Card>
          <ol className="divide-y divide-line">
            {entries.slice(0, limit).map((entry, i) => (
              <li key={`${entry.txHash}-${entry.name}-${entry.path}-${entries.length - i}`} className="grid gap-x-6 gap-y-1 py-3 first:pt-0 last:pb-0 sm:grid-cols-[9rem_1fr_auto]">
                <span className="text-sm text-muted">
                  <time dateTime={entry.time}>{date(entry.time)}</time>
                  <span className="block">block {entry.block}</span>
                </span>
                <span>
                  <span className="block font-medium">{sentenceFor(entry.name)}</span>
                  <Link to={entry.path}>{entry.asset}</Link>
                  <span className="text-sm text-muted">
                    {' · '}
                    <ContractName name={entry.contract} />
                  </span>
                </span>
                <Copyable value={entry.txHash} label="transaction hash" on="tx" />
              </li>
            ))}
          </ol>
          {entries.length > limit && (
            <Button look="secondary" className="mt-4" onClick={() => setLimit(limit + PAGE)}>
              Show {Math.min(PAGE, entries.length - limit)} more of {entries.length - limit}
            </Button>
          )}
        </Card>
      )}
      {older.length > 0 && (
        <Button look="secondary" onClick={() => older.forEach((list) => void list.fetchNextPage())} busy={lists.some((list) => list.isFetchingNextPage)}>
          Read older assets, too
        </Button>
      )}
      <Contracts />
    </Page>
  )
}

function Contracts() {
  const { contracts } = useDeployment()
  return (
    <Card title="The contracts" id="contracts">
      <Facts items={Object.entries(contracts).map(([name, address]) => [name, <Copyable key={name} value={address} label={`address of ${name}`} on="address" />] as const)} />
    </Card>
  )
}
