/**
 * Everything that happened on chain, over all assets, newest first: a reading aid; each entry names
 * the transaction to check.
 */
import { useState } from 'react'
import { Link } from 'react-router'

import { Button } from '@/components/Button'
import { Card, Facts } from '@/components/Card'
import { Copyable } from '@/components/Copyable'
import { ContractName } from '@/components/Explorer'
import { Involved } from '@/components/Involved'
import { Empty, Loaded, Page } from '@/components/Page'
import { sentenceFor } from '@/components/Timeline'
import type { AuditEntry } from '@/generated/api'
import { useDeployment } from '@/lib/deployment'
import { date } from '@/lib/format'

import { useActivity, type Group } from './queries'

const GROUPS: readonly [Group, string][] = [
  ['datasets', 'Datasets'],
  ['licences', 'Licences'],
  ['models', 'Models'],
  ['inferences', 'Inferences'],
]

export default function AuditPage() {
  const [hidden, setHidden] = useState<ReadonlySet<Group>>(new Set())
  const shown = GROUPS.map(([group]) => group).filter((group) => !hidden.has(group))
  const activity = useActivity(shown)
  const toggle = (group: Group) =>
    setHidden((set) => {
      const next = new Set(set)
      if (!next.delete(group)) next.add(group)
      return next
    })
  return (
    <Page
      title="Audit timeline"
      lead="What happened on chain, over all datasets, licences, models and inferences. Each entry names its transaction; the contracts are the record, this page only reads it out."
    >
      <div role="group" aria-label="Kinds of entries" className="flex flex-wrap gap-2">
        {GROUPS.map(([group, name]) => (
          <Button
            key={group}
            look="secondary"
            aria-pressed={!hidden.has(group)}
            onClick={() => toggle(group)}
          >
            <span aria-hidden>{hidden.has(group) ? '+' : '✓'}</span> {name}
          </Button>
        ))}
      </div>
      {shown.length === 0 ? (
        <Empty title="Nothing to show">Every kind of entry is switched off.</Empty>
      ) : (
        <Loaded query={activity} what="the timeline">
          {({ pages }) =>
            pages.every(({ items }) => items.length === 0) ? (
              <Empty title="Nothing to show">Nothing of these kinds has happened yet.</Empty>
            ) : (
              <Card>
                <ol className="divide-y divide-line">
                  {pages
                    .flatMap(({ items }) => items)
                    .map((entry) => (
                      <Line key={`${entry.block}.${entry.logIndex}`} entry={entry} />
                    ))}
                </ol>
                {activity.hasNextPage && (
                  <Button
                    look="secondary"
                    className="mt-4"
                    onClick={() => void activity.fetchNextPage()}
                    busy={activity.isFetchingNextPage}
                  >
                    Show older entries
                  </Button>
                )}
              </Card>
            )
          }
        </Loaded>
      )}
      <Contracts />
    </Page>
  )
}

function Line({ entry }: { entry: AuditEntry }) {
  const { name, path } = subjectOf(entry)
  return (
    <li className="grid gap-x-6 gap-y-1 py-3 first:pt-0 last:pb-0 sm:grid-cols-[9rem_1fr_auto]">
      <span className="text-sm text-muted">
        <time dateTime={entry.time}>{date(entry.time)}</time>
        <span className="block">block {entry.block}</span>
      </span>
      <span>
        <span className="block font-medium">{sentenceFor(entry.name)}</span>
        <Link to={path}>{name}</Link>
        <span className="text-sm text-muted">
          {' · '}
          <ContractName name={entry.contract} />
        </span>
        {entry.accounts.length > 0 && (
          <span className="mt-1 flex flex-wrap gap-x-4 text-sm leading-6 text-muted">
            <Involved accounts={entry.accounts} />
          </span>
        )}
      </span>
      <Copyable value={entry.txHash} label="transaction hash" on="tx" />
    </li>
  )
}

/** What an entry is about, in words, and its page; a round is shown on the page of its model. */
function subjectOf({ kind, id, asset }: AuditEntry): { name: string; path: string } {
  switch (kind) {
    case 'dataset':
      return { name: asset?.name ?? `Dataset ${id}`, path: `/datasets/${id}` }
    case 'license':
      return {
        name: asset ? `Licence ${id} of ${asset.name ?? `dataset ${asset.id}`}` : `Licence ${id}`,
        path: `/licenses/${id}`,
      }
    case 'model':
      return { name: asset?.name ?? `Model ${id}`, path: `/models/${id}` }
    case 'round':
      return {
        name: asset ? `Round ${id} of ${asset.name ?? `model ${asset.id}`}` : `Round ${id}`,
        path: asset ? `/models/${asset.id}` : '/models',
      }
    case 'inference':
      return { name: `Inference ${id}`, path: `/inferences/${id}` }
  }
}

function Contracts() {
  const { contracts } = useDeployment()
  return (
    <Card title="The contracts" id="contracts">
      <Facts
        items={Object.entries(contracts).map(
          ([name, address]) =>
            [
              name,
              <Copyable key={name} value={address} label={`address of ${name}`} on="address" />,
            ] as const,
        )}
      />
    </Card>
  )
}
