import { Suspense, type ComponentType, type ReactNode } from 'react'
import { Link, useParams } from 'react-router'

import { Badge } from '@/components/Badge'
import { Behind } from '@/components/Behind'
import { Card, Facts } from '@/components/Card'
import { Copyable } from '@/components/Copyable'
import { ContractName } from '@/components/Explorer'
import { Notice } from '@/components/Notice'
import { Loaded, Loading, Page } from '@/components/Page'
import { Terms } from '@/components/Terms'
import { Timeline } from '@/components/Timeline'
import type { DatasetAnswer, DatasetVersion, PermittedDiseases } from '@/generated/api'
import { columnsOf, sayDiseases, schemasOf, untoldOf } from '@/lib/card'
import { useDeployment } from '@/lib/deployment'
import { bytes, count, date } from '@/lib/format'
import { useDataset } from '@/lib/queries'

import { ROLES, type Role } from './roleNames'
import { SchemaTable } from './SchemaTable'
import { Whereabouts } from './Whereabouts'

/** What needs the wallet and the chain, or belongs to other features; the app knows where it is. */
interface Slots {
  Purchase: ComponentType<{ dataset: DatasetAnswer }>
  SoldLicences: ComponentType<{ dataset: DatasetAnswer }>
  Roles: ComponentType<{ dataset: DatasetAnswer }>
}

export default function DatasetPage(slots: Slots) {
  const { id = '' } = useParams()
  const dataset = useDataset(id)
  return (
    <Loaded query={dataset} what="the dataset" title={`Dataset ${id.slice(0, 20)}`}>
      {(data) => <Found dataset={data} {...slots} />}
    </Loaded>
  )
}

function Found({ dataset, Purchase, SoldLicences, Roles }: Slots & { dataset: DatasetAnswer }) {
  const latest = dataset.versions.find((v) => v.version === dataset.latestVersion)
  const columns = columnsOf(dataset.card)
  const { gatewayUrl } = useDeployment()
  return (
    <Page
      title={dataset.name || `Dataset ${dataset.id}`}
      lead={dataset.description}
      // On a narrow screen the offers come after all that is said of the data.
      action={
        <a href="#licence" className="lg:hidden">
          To the licence and its price
        </a>
      }
      above={
        <p className="flex flex-wrap items-center gap-2 text-muted">
          <Link to="/">Datasets</Link> <span aria-hidden>/</span> {dataset.id}
          {dataset.withdrawn && <Badge tone="bad">Consent withdrawn</Badge>}
          {[...new Set(dataset.keywords)].map((word) => (
            <Badge key={word}>{word}</Badge>
          ))}
        </p>
      }
    >
      {dataset.unreadable && (
        <Notice tone="warn" title="The card of this dataset cannot be read at the moment.">
          {dataset.unreadable} What is on chain (terms, owner, hashes, offers) is shown all the
          same.
        </Notice>
      )}
      <div className="grid gap-6 lg:grid-cols-[minmax(0,3fr)_minmax(20rem,2fr)]">
        <div className="min-w-0 space-y-6">
          <Card
            title="What you may do with it"
            id="terms"
            aside={`DUO terms of version ${dataset.latestVersion}, on chain`}
          >
            <Terms bits={dataset.terms.bits} />
            {latest?.diseases && <Diseases permitted={latest.diseases} />}
          </Card>
          <Card
            title="What is inside"
            id="inside"
            aside={dataset.records !== null ? count(dataset.records, 'row') : undefined}
          >
            {columns.length > 0 ? (
              <SchemaTable
                columns={columns}
                untold={untoldOf(dataset.card)}
                schemas={schemasOf(dataset.card)}
                gatewayUrl={gatewayUrl}
              />
            ) : (
              <p className="text-muted">The card describes no columns.</p>
            )}
          </Card>
          {latest && <Technical dataset={dataset} version={latest} />}
          <Card title="Versions" id="versions">
            <ul className="space-y-2">
              {dataset.versions
                .toSorted((a, b) => b.version - a.version)
                .map((v) => (
                  <li key={v.version} className="flex flex-wrap items-center gap-x-4 gap-y-1">
                    <span className="font-medium">Version {v.version}</span>
                    <span className="text-sm text-muted">{date(v.publishedAt)}</span>
                    {v.withdrawnAt ? (
                      <Badge tone="bad">
                        Withdrawn {date(v.withdrawnAt)}
                        {v.withdrawnWith !== null && ` with dataset ${v.withdrawnWith}`}
                      </Badge>
                    ) : (
                      v.version === dataset.latestVersion && <Badge tone="good">Current</Badge>
                    )}
                  </li>
                ))}
            </ul>
          </Card>
        </div>
        <div className="space-y-6">
          <Card title="Licence" id="licence" className="h-fit">
            <Suspense fallback={<Loading what="the offers" />}>
              <Purchase dataset={dataset} />
            </Suspense>
          </Card>
          <Suspense>
            <SoldLicences dataset={dataset} />
          </Suspense>
          <Suspense>
            <Roles dataset={dataset} />
          </Suspense>
          <Provenance dataset={dataset} />
          <Card title="History" id="history" aside={`as of block ${dataset.asOf}`}>
            <Timeline activity={dataset.activity} />
          </Card>
        </div>
      </div>
    </Page>
  )
}

/**
 * What DS means here. The list is the owner's word; a purchase checks it against the root on chain.
 */
function Diseases({ permitted: { named, ontology } }: { permitted: PermittedDiseases }) {
  return (
    <p className="mt-4 text-muted">
      {named.length > 0 ? (
        <>
          The diseases: <span className="text-ink">{sayDiseases(named)}</span>, and all that descend
          from {named.length === 1 ? 'it' : 'them'} in MONDO
          {ontology && `, release ${ontology}`}.
        </>
      ) : (
        'The diseases are on chain as a hash alone; the card does not name them. Ask the owner.'
      )}
    </p>
  )
}

function Technical({ dataset, version }: { dataset: DatasetAnswer; version: DatasetVersion }) {
  const { contracts } = useDeployment()
  const file = version.container
  return (
    <Card title="File and hashes" id="file">
      <Facts
        items={[
          ...(file
            ? ([
                ['Format', file.encodingFormat],
                [
                  'Size',
                  `${bytes(file.size)} encrypted${file.plaintextSize === null ? '' : `, ${bytes(file.plaintextSize)} in clear`}`,
                ],
                [
                  'Encrypted file (CID)',
                  <Copyable key="cid" value={file.content.cid} label="CID of the encrypted file" />,
                ],
                ['Served by', <Whereabouts key="where" file={file} />],
                [
                  'SHA-256 of it',
                  <Copyable key="sha" value={file.sha256} label="SHA-256 of the encrypted file" />,
                ],
              ] as const)
            : []),
          ['Card (CID)', <Copyable key="card" value={version.card.cid} label="CID of the card" />],
          [
            'Published with',
            <Copyable key="tx" value={version.txHash} label="transaction hash" on="tx" />,
          ],
          [
            'Content root',
            <Copyable key="root" value={version.contentRoot} label="content root" />,
          ],
          [
            'Key commitment',
            <Copyable key="commit" value={version.keyCommitment} label="key commitment" />,
          ],
          [
            'Token',
            <span key="token">
              <ContractName name="DatasetNFT" /> #{dataset.id} at{' '}
              <Copyable value={contracts.DatasetNFT} label="contract address" on="address" />
            </span>,
          ],
          [
            'How to cite',
            <Copyable
              key="cite"
              value={`${dataset.name}, version ${version.version}. BioDeSci dataset ${dataset.id}, ipfs://${version.card.cid}`}
              label="citation"
              digits={14}
            />,
          ],
        ]}
      />
    </Card>
  )
}

function Provenance({ dataset }: { dataset: DatasetAnswer }) {
  return (
    <Card title="Provenance" id="provenance">
      <Facts
        items={[
          [
            'Owner',
            <span key="owner">
              <Copyable value={dataset.owner} label="owner address" on="address" />
              <span className="block text-sm text-muted">
                <Behind institution={dataset.institution} />
              </span>
            </span>,
          ],
          ...rolesOf(dataset),
          ['Published', date(dataset.publishedAt)],
          [
            'Derived from',
            dataset.parents.length > 0 ? (
              <DatasetLinks key="parents" of={dataset.parents} />
            ) : (
              'Original data'
            ),
          ],
          [
            'Source of',
            dataset.children.length > 0 ? (
              <DatasetLinks key="children" of={dataset.children} />
            ) : (
              'Nothing yet'
            ),
          ],
          ['Licences bought', String(dataset.licenses)],
          [
            'Training rounds',
            dataset.rounds.length > 0 ? count(dataset.rounds.length, 'round') : 'None yet',
          ],
        ]}
      />
      {dataset.parents.length + dataset.children.length > 0 && (
        <p className="mt-4 text-sm text-muted">
          Proven: its publisher owned the dataset that it comes from, or held a licence for it, and
          permits no more than that one does. Only claimed: nobody but its publisher says so.
        </p>
      )}
    </Card>
  )
}

/** One line a role, however many hold it. */
function rolesOf({ roles }: DatasetAnswer): [string, ReactNode][] {
  return (Object.keys(ROLES) as Role[]).flatMap((role): [string, ReactNode][] => {
    const held = roles.filter((one) => one.role === role)
    if (held.length === 0) return []
    const accounts = held.map(({ account, accepted }) => (
      <span key={account} className="block">
        <Copyable value={account} label={`${role} address`} on="address" />
        {!accepted && <span className="block text-sm text-muted">not accepted yet</span>}
      </span>
    ))
    return [[ROLES[role].name, accounts]]
  })
}

function DatasetLinks({ of }: { of: DatasetAnswer['parents'] }) {
  return of.map(({ id, proven }, i) => (
    <span key={id}>
      {i > 0 && ', '}
      <Link to={`/datasets/${id}`}>dataset {id}</Link>
      {proven ? ' (proven)' : ' (only claimed)'}
    </span>
  ))
}
