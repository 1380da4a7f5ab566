import { useState } from 'react'
import { Link, useParams } from 'react-router'

import { Badge } from '@/components/Badge'
import { Button } from '@/components/Button'
import { Card, Facts } from '@/components/Card'
import { Copyable } from '@/components/Copyable'
import { Notice } from '@/components/Notice'
import { Loaded, Page } from '@/components/Page'
import { Timeline } from '@/components/Timeline'
import type { Lineage as LineageOf, ModelAnswer, ModelVersion } from '@/generated/api'
import { count, date } from '@/lib/format'

import { useModel } from './queries'
import { RoundsFeed } from './RoundsFeed'

const FIRST = 4

export default function ModelPage() {
  const { id = '' } = useParams()
  const model = useModel(id)
  return (
    <Loaded query={model} what="the model" title={`Model ${id.slice(0, 20)}`}>
      {(data) => <Found model={data} />}
    </Loaded>
  )
}

function Found({ model }: { model: ModelAnswer }) {
  return (
    <Page
      title={model.name || `Model ${model.id}`}
      lead={model.description}
      above={
        <p className="text-muted">
          <Link to="/models">Models</Link> <span aria-hidden>/</span> {model.id}
        </p>
      }
    >
      {model.unreadable && (
        <Notice tone="warn" title="The card of this model cannot be read at the moment.">
          {model.unreadable}
        </Notice>
      )}
      <div className="grid gap-6 lg:grid-cols-[minmax(0,3fr)_minmax(20rem,2fr)]">
        <div className="min-w-0 space-y-6">
          <Card title="Versions and lineage" id="versions">
            <Lineage model={model} />
          </Card>
          <Card
            title="Rounds"
            id="rounds"
            aside="Updates are masked: the aggregator sees their sum only"
          >
            <RoundsFeed rounds={model.roundList} />
          </Card>
        </div>
        <div className="space-y-6">
          <Card title="What encryption of this model means" id="security">
            <p className="text-muted">
              Weights and inputs are transformed under equivariant encryption, so that an untrusted
              worker computes on transformed values. This is weaker than encryption at rest:
              somebody who holds the encrypted weights and also the same public base weights can
              recover the key. The model’s card lists the attacks that were measured.
            </p>
          </Card>
          <Card title="Registration" id="registration">
            <Facts
              items={[
                [
                  'Owner',
                  <Copyable key="o" value={model.owner} label="owner address" on="address" />,
                ],
                ['Registered', date(model.registeredAt)],
                [
                  'Architecture',
                  <Copyable key="a" value={model.architecture} label="architecture hash" />,
                ],
                ['Card (CID)', <Copyable key="c" value={model.card.cid} label="CID of the card" />],
                ['Codecs granted', String(model.codecs.length)],
                ['Inferences', String(model.inferences)],
              ]}
            />
          </Card>
          <Card title="History" id="history" aside={`as of block ${model.asOf}`}>
            <Timeline activity={model.activity} />
          </Card>
        </div>
      </div>
    </Page>
  )
}

function Lineage({ model }: { model: ModelAnswer }) {
  const [all, setAll] = useState(false)
  const newest = model.versions.toSorted((a, b) => b.version - a.version)
  return (
    <>
      <ol className="divide-y divide-line">
        {newest.slice(0, all ? undefined : FIRST).map((version) => (
          <li key={version.version} className="space-y-1.5 py-4 first:pt-0 last:pb-0">
            <p className="flex flex-wrap items-center gap-3">
              <span className="font-semibold">Version {version.version}</span>
              {version.version === model.latestVersion && <Badge tone="good">Current</Badge>}
              <span className="ml-auto text-sm text-muted">{date(version.publishedAt)}</span>
            </p>
            <Origin
              version={version}
              lineage={model.lineage.find((l) => l.version === version.version)}
            />
            <p className="flex flex-wrap gap-x-6 gap-y-1 text-sm text-muted">
              <span>
                Weights root{' '}
                <Copyable
                  value={version.weightsRoot}
                  label={`weights root of version ${version.version}`}
                  digits={4}
                />
              </span>
              <span>
                Weights{' '}
                <Copyable
                  value={version.weights.cid}
                  label={`CID of the weights of version ${version.version}`}
                  digits={4}
                />
              </span>
            </p>
          </li>
        ))}
      </ol>
      {!all && newest.length > FIRST && (
        <Button look="secondary" className="mt-4" onClick={() => setAll(true)}>
          Show {count(newest.length - FIRST, 'earlier version')}
        </Button>
      )}
    </>
  )
}

function Origin({ version, lineage }: { version: ModelVersion; lineage: LineageOf | undefined }) {
  if (version.roundId === null || !lineage) return <p>Published by the model owner.</p>
  return (
    <p>
      Made by round {version.roundId} from version {lineage.baseVersion}, with{' '}
      {lineage.datasets.map((id, i) => (
        <span key={id}>
          {i > 0 && ', '}
          <Link to={`/datasets/${id}`}>dataset {id}</Link>
        </span>
      ))}
      .
    </p>
  )
}
