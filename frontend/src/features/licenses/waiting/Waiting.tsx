/** The lists of what waits, and how each of it is done. */
import { Link } from 'react-router'

import { Badge } from '@/components/Badge'
import { Card } from '@/components/Card'
import { Empty } from '@/components/Page'
import type { License, Queue } from '@/generated/api'
import { currencyOf, price } from '@/lib/currency'
import { date, duration, relative, shorten } from '@/lib/format'
import { useHead } from '@/lib/useChain'

import { RIGHT_NAMES } from '../rights'

/** So many of each kind the API tells at most. */
const MOST = 100

interface Kind {
  of: 'review' | 'deliveries' | 'disputes'
  title: string
  /** What is to be done. */
  says: string
  /** What does it where the page is not at hand. */
  command: string
  /** What happens where nobody did it in time. */
  late: string
}

const KINDS: readonly Kind[] = [
  {
    of: 'review',
    title: 'Purchases to decide on',
    says: 'Their terms leave the purpose to a person. Approve or refuse each on its page, or by the command line:',
    command:
      'biodesci license approve NUMBER --licensee LICENSEE\nbiodesci license reject NUMBER REASON',
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
    says: 'You are their arbiter. Decide each on its page, or by the command line:',
    command: 'biodesci license resolve NUMBER owner|buyer --licensee LICENSEE',
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
      <code className="block rounded-lg bg-sunken px-3 py-2 font-mono text-sm wrap-anywhere whitespace-pre-wrap">
        {kind.command}
      </code>
      <ul className="divide-y divide-line">
        {licenses.map((license) => (
          <Row key={license.id} license={license} now={now} late={kind.late} />
        ))}
      </ul>
      {licenses.length >= MOST && (
        <p className="text-muted">These are the oldest {MOST}. More may wait behind them.</p>
      )}
    </Card>
  )
}

function Row({ license, now, late }: { license: License; now: number; late: string }) {
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
          {shorten(license.licensee)} · {RIGHT_NAMES[license.right]} · bought{' '}
          {date(license.purchasedAt)} · {price(license.price, currencyOf(license.currency))}
          {isLate && <span className="block text-bad">{late}</span>}
        </span>
      </span>
      {due !== null && now > 0 && (
        <Badge tone={isLate ? 'bad' : 'warn'}>
          {isLate ? `${duration(now - due)} too late` : `due ${relative(due, now)}`}
        </Badge>
      )}
    </li>
  )
}
