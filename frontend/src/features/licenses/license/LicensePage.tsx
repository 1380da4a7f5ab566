import { Link, useParams } from 'react-router'
import { isAddressEqual, type Address } from 'viem'

import { Badge } from '@/components/Badge'
import { Card } from '@/components/Card'
import { ConnectButton } from '@/components/ConnectButton'
import { FailureNotice, Notice } from '@/components/Notice'
import { Empty, Loaded, Page } from '@/components/Page'
import { Stepper } from '@/components/Stepper'
import { Timeline } from '@/components/Timeline'
import { Failure } from '@/lib/failure'
import { date, relative } from '@/lib/format'
import { useDataset } from '@/lib/queries'
import { useHead, useWallet } from '@/lib/useChain'

import { Decision } from '../arbitration/Decision'
import {
  awaitsDelivery,
  hasEnded,
  isExpired,
  isOver,
  isUsedUp,
  useIndexed,
  useLicense,
  useOffer,
  useRefundable,
  type License,
} from '../chain'
import { useDatasetOwner, useIsCommittee } from '../dataset'
import { Collect } from '../money/Collect'
import { needsKey } from '../rights'
import { statusNow, stepsOf } from '../steps'
import { Actions } from './Actions'
import { Declared } from './Declared'
import { Details } from './Details'
import { DownloadPanel } from './DownloadPanel'
import { Owner } from './Owner'
import { Served } from './Served'

export default function LicensePage() {
  const { id = '' } = useParams()
  if (!/^\d{1,18}$/.test(id)) return <Unknown />
  return <KnownLicense id={BigInt(id)} />
}

function Unknown() {
  return (
    <Page title="There is no such licence">
      <FailureNotice
        error={
          new Failure(
            'missing',
            'There is no such licence.',
            'The number in the address is mistyped.',
          )
        }
      />
    </Page>
  )
}

function KnownLicense({ id }: { id: bigint }) {
  const license = useLicense(id)
  return (
    <Loaded query={license} what="the licence" title={`Licence ${id}`}>
      {(found) =>
        found.state === 'none' ? (
          <Page title={`Licence ${id}`}>
            <Empty title="There is no such licence">
              <Link to="/licenses">See your licences.</Link>
            </Empty>
          </Page>
        ) : (
          <Found license={found} />
        )
      }
    </Loaded>
  )
}

function Found({ license }: { license: License }) {
  const wallet = useWallet()
  const head = useHead()
  const dataset = useDataset(String(license.datasetId))
  const now = head.data?.time ?? 0
  const { account } = wallet
  const is = (other: Address | undefined) =>
    account !== undefined && other !== undefined && isAddressEqual(account, other)
  const mine = is(license.licensee)
  const owns = is(useDatasetOwner(license.datasetId).data)
  const committee = useIsCommittee(license.datasetId, account).data === true
  const decides = committee && awaitsDelivery(license)
  const judges = is(useOffer(license.offerId).data?.arbiter) && license.state === 'disputed'
  const status = statusNow(license, now)
  const withdrawn = dataset.data?.versions.find(
    ({ version }) => version === license.version,
  )?.withdrawnAt
  return (
    <Page
      title={dataset.data?.name ?? `Dataset ${license.datasetId}`}
      above={
        <p className="flex flex-wrap items-center gap-3 text-muted">
          Licence {String(license.id)}
          <Badge tone={status.tone}>{status.name}</Badge>
        </p>
      }
    >
      <Card>
        <Stepper label="Progress of this licence" steps={stepsOf(license, now, mine)} />
        <p role="status" className="sr-only">
          {status.name}
        </p>
      </Card>
      {isOver(license, now) && <Over license={license} now={now} mine={mine} />}
      {withdrawn && (
        <Notice tone="warn" title={`Consent for this version was withdrawn on ${date(withdrawn)}.`}>
          {needsKey(license.right)
            ? 'Its key is not released any more. What was downloaded before cannot be called back.'
            : 'Nothing is trained on it any more.'}
        </Notice>
      )}
      {(mine || owns) && account && <Collect account={account} />}
      <div className="grid gap-6 lg:grid-cols-[3fr_2fr]">
        <div className="space-y-6">
          {mine && account && <Mine license={license} account={account} />}
          {wallet.status === 'ready' && (owns || decides) && (
            <Owner license={license} account={wallet.account} owns={owns} />
          )}
          {wallet.status === 'ready' && judges && (
            <Card title="As the arbiter" id="arbiter">
              <Decision license={license} account={wallet.account} />
            </Card>
          )}
          {!mine && !owns && !decides && !judges && <Stranger account={account} />}
          <History id={license.id} />
        </div>
        <div className="space-y-6">
          <Details
            license={license}
            mine={mine}
            now={now}
            name={dataset.data?.name ?? String(license.datasetId)}
          />
          <Declared license={license} account={mine ? account : undefined} />
        </div>
      </div>
    </Page>
  )
}

/** What the licensee sees and does. */
function Mine({ license, account }: { license: License; account: Address }) {
  const ready = useWallet().status === 'ready'
  const refundable = useRefundable(license, account).data === true
  const settle = SETTLE[license.state] ?? (refundable ? 'Ended early' : undefined)
  return (
    <>
      {hasEnded(license) && (
        <Card>
          This licence has ended, and gives no access any more.{' '}
          <Link to={`/datasets/${license.datasetId}`}>See what is on offer now.</Link>
        </Card>
      )}
      {license.active && needsKey(license.right) && (
        <Card title="Open the data" id="open">
          <DownloadPanel key={account} license={license} account={account} />
        </Card>
      )}
      {license.active && !needsKey(license.right) && (
        <Card title="Use the licence" id="use">
          <Served license={license} />
        </Card>
      )}
      {settle && (
        <Card title={settle} id="settle">
          {ready ? (
            <Actions license={license} account={account} />
          ) : (
            <p className="text-muted">Switch your wallet to this network first.</p>
          )}
        </Card>
      )}
    </>
  )
}

function Stranger({ account }: { account: Address | undefined }) {
  return (
    <Card className="h-fit">
      {account ? (
        <Notice tone="warn" title="This licence belongs to another account.">
          Only its licensee can use it. Choose that account in your wallet.
        </Notice>
      ) : (
        <>
          <p className="mb-4">Connect the wallet that bought this licence to use it.</p>
          <ConnectButton />
        </>
      )}
    </Card>
  )
}

/** Who wants more buys the offer again: terms, committee and escrow then apply as at first. */
function Over({ license, now, mine }: { license: License; now: number; mine: boolean }) {
  const again = (
    <Link to={`/datasets/${license.datasetId}?offer=${license.offerId}`}>
      {mine ? 'Buy again' : 'See the offer'}
    </Link>
  )
  return isExpired(license, now) ? (
    <Notice
      tone="warn"
      title={`This licence expired ${relative(license.expiresAt, now)}.`}
      action={again}
    >
      It gives no access any more.
    </Notice>
  ) : (
    isUsedUp(license) && (
      <Notice tone="warn" title="All uses of this licence are spent." action={again}>
        It gives no access any more.
      </Notice>
    )
  )
}

/** What the card about the payment in escrow is called, by state. */
const SETTLE: Partial<Record<License['state'], string>> = {
  inReview: 'In review',
  purchased: 'Waiting for the owner',
  delivered: 'What happens to your payment',
  disputed: 'Disputed',
}

/** As the index has it: every step with its transaction. */
function History({ id }: { id: bigint }) {
  const indexed = useIndexed(id).data
  if (!indexed) return null
  return (
    <Card title="History" id="history" aside={`as of block ${indexed.asOf}`}>
      <Timeline activity={indexed.activity} />
    </Card>
  )
}
