/** The lists of what waits, and how each of it is done. */
import { Link } from 'react-router'

import { Badge } from '@/components/Badge'
import { Card } from '@/components/Card'
import { Command, Copyable } from '@/components/Copyable'
import { Empty } from '@/components/Page'
import type { License, Queue } from '@/generated/api'
import { currencyOf, price } from '@/lib/currency'
import { date, duration, relative } from '@/lib/format'
import { useHead } from '@/lib/useChain'

import { Purpose } from '../license/Purpose'
import { RIGHT_NAMES } from '../rights'

/** So many of each kind the API tells at most. */
const MOST = 100

interface Kind {
  of: 'review' | 'deliveries' | 'disputes'
  title: string
  /** What is to be done. */
  says: string
  /** What does all of it where the page is not at hand. */
  command?: string
  /** What does one of it, for each way to decide. */
  commands?: (license: License) => readonly (readonly [does: string, line: string])[]
  /** What happens where nobody did it in time. */
  late: string
}

const KINDS: readonly Kind[] = [
  {
    of: 'review',
    title: 'Purchases to decide on',
    says: 'Their terms leave the purpose to a person. Approve or refuse each on its page, or by its commands; who refuses may put a reason of at most 32 bytes between the quotes, which is public.',
    commands: ({ id, licensee }) => [
      ['approves', `biodesci license approve ${id} --licensee ${licensee}`],
      ['refuses', `biodesci license reject ${id} 'not permitted'`],
    ],
    late: 'The buyer can take the payment back.',
  },
  {
    of: 'deliveries',
    title: 'Deliveries that are due',
    says: 'The custodian’s worker delivers by itself while it runs. On its machine, this delivers once and says what still waits, and why:',
    command: 'biodesci dataset release',
    late: 'It cannot be delivered any more; the buyer can take the payment back.',
  },
  {
    of: 'disputes',
    title: 'Disputes to decide',
    says: 'You are their arbiter. Decide each on its page, or by its commands: for the dataset’s owner, or for the buyer.',
    commands: ({ id, licensee }) =>
      ['owner', 'buyer'].map((side) => [
        `decides for the ${side} of`,
        `biodesci license resolve ${id} ${side} --licensee ${licensee}`,
      ]),
    late: 'It cannot be decided any more; the payment goes back to the licensee.',
  },
]

export function Waiting({ queue }: { queue: Queue }) {
  const now = useHead().data?.time ?? 0
  const kinds = KINDS.filter(({ of }) => queue[of].length > 0)
  if (kinds.length === 0)
    return (
      <Empty title="Nothing waits for you">
        What comes appears here by itself. As of block {queue.asOf}.
      </Empty>
    )
  return (
    <>
      {kinds.map((kind) => (
        <List key={kind.of} kind={kind} licenses={queue[kind.of]} now={now} asOf={queue.asOf} />
      ))}
    </>
  )
}

interface Listed {
  kind: Kind
  licenses: readonly License[]
  /** The chain's clock; 0: not read yet. */
  now: number
  asOf: number
}

function List({ kind, licenses, now, asOf }: Listed) {
  return (
    <Card title={kind.title} id={kind.of} aside={`as of block ${asOf}`} className="space-y-4">
      <p className="text-muted">{kind.says}</p>
      {kind.command && <Command line={kind.command} label="the command" />}
      <ul className="divide-y divide-line">
        {licenses.map((license) => (
          <Row key={license.id} license={license} now={now} kind={kind} />
        ))}
      </ul>
      {licenses.length >= MOST && (
        <p className="text-muted">These are the oldest {MOST}. More may wait behind them.</p>
      )}
    </Card>
  )
}

function Row({ license, now, kind }: { license: License; now: number; kind: Kind }) {
  const due = license.deadline === null ? null : Date.parse(license.deadline) / 1000
  const isLate = due !== null && due < now
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 py-2.5 first:pt-0 last:pb-0">
      <span className="min-w-0">
        <Link to={`/licenses/${license.id}`}>Licence {license.id}</Link> of{' '}
        <Link to={`/datasets/${license.datasetId}`} className="wrap-anywhere">
          {license.datasetName}
        </Link>
        <span className="block text-sm text-muted">
          <Copyable
            value={license.licensee}
            label={`licensee of licence ${license.id}`}
            digits={4}
            on="address"
          />{' '}
          · {RIGHT_NAMES[license.right]} · bought {date(license.purchasedAt)} ·{' '}
          {price(license.price, currencyOf(license.currency))}
          {isLate && <span className="block text-bad">{kind.late}</span>}
        </span>
      </span>
      {due !== null && now > 0 && (
        <Badge tone={isLate ? 'bad' : 'warn'}>
          {isLate ? `${duration(now - due)} too late` : `due ${relative(due, now)}`}
        </Badge>
      )}
      {kind.commands && (
        <div className="w-full space-y-2 pt-1">
          <p className="text-sm text-muted">The buyer declared:</p>
          <div className="text-sm">
            <Purpose purpose={BigInt(license.purpose.bits)} disease={license.disease} />
          </div>
          {kind.commands(license).map(([does, line]) => (
            <Command
              key={does}
              line={line}
              label={`the command that ${does} licence ${license.id}`}
            />
          ))}
        </div>
      )}
    </li>
  )
}
