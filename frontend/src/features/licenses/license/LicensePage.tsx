import { Link, useParams } from 'react-router'

import { Badge } from '@/components/Badge'
import { Card, Facts } from '@/components/Card'
import { ConnectButton } from '@/components/ConnectButton'
import { Copyable } from '@/components/Copyable'
import { FailureNotice, Notice } from '@/components/Notice'
import { Empty, Loaded, Page } from '@/components/Page'
import { Stepper } from '@/components/Stepper'
import { Timeline } from '@/components/Timeline'
import { isEther } from '@/lib/currency'
import { Failure } from '@/lib/failure'
import { date, relative } from '@/lib/format'
import { useDataset } from '@/lib/queries'
import { useHead, useWallet } from '@/lib/useChain'
import { typesOf, VISA_NAMES } from '@/lib/visa'

import {
  NO_END,
  NOT_COUNTED,
  useDatasetOwner,
  useIndexed,
  useLicense,
  useOffer,
  useRefundDue,
  type License,
} from '../chain'
import { Collect } from '../money/Collect'
import { Amount, AmountNow } from '../money/Price'
import { isExpired, NAMES, stepsOf } from '../steps'
import { Actions } from './Actions'
import { Declared } from './Declared'
import { DownloadPanel } from './DownloadPanel'
import { Owner } from './Owner'
import { Renew } from './Renew'

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
  const expired = isExpired(license, now)
  const mine = wallet.account?.toLowerCase() === license.licensee.toLowerCase()
  const owner = useDatasetOwner(license.datasetId)
  const owns =
    wallet.account !== undefined && wallet.account.toLowerCase() === owner.data?.toLowerCase()
  const state = NAMES[license.state]
  const withdrawn = dataset.data?.versions.find(
    ({ version }) => version === license.version,
  )?.withdrawnAt
  return (
    <Page
      title={dataset.data?.name ?? `Dataset ${license.datasetId}`}
      above={
        <p className="flex flex-wrap items-center gap-3 text-muted">
          Licence {String(license.id)}
          <Badge tone={expired ? 'bad' : state.tone}>{expired ? 'Expired' : state.name}</Badge>
        </p>
      }
    >
      <Card>
        <Stepper label="Progress of this licence" steps={stepsOf(license, now, mine)} />
        <p role="status" className="sr-only">
          {state.name}
        </p>
      </Card>
      {expired && (
        <Notice tone="warn" title={`This licence expired ${relative(license.expiresAt, now)}.`}>
          The data can no longer be opened with it.{' '}
          {mine && license.state === 'settled' ? 'Renew it below, or ' : ''}
          <Link to={`/datasets/${license.datasetId}`}>
            {mine && license.state === 'settled' ? 'buy a new one.' : 'Buy a new licence.'}
          </Link>
        </Notice>
      )}
      {withdrawn && (
        <Notice tone="warn" title={`Consent for this version was withdrawn on ${date(withdrawn)}.`}>
          Its key is not released any more, and nothing is trained on it. What was downloaded before
          cannot be called back.
        </Notice>
      )}
      {(mine || owns) && wallet.account && <Collect account={wallet.account} />}
      <div className="grid gap-6 lg:grid-cols-[3fr_2fr]">
        {mine && wallet.account ? (
          <div className="space-y-6">
            {ENDED.has(license.state) && (
              <Card>
                This licence has ended, and its data cannot be opened with it any more.{' '}
                <Link to={`/datasets/${license.datasetId}`}>See what is on offer now.</Link>
              </Card>
            )}
            {license.active && (
              <Card title="Open the data" id="open">
                <DownloadPanel key={wallet.account} license={license} account={wallet.account} />
              </Card>
            )}
            {license.state in SETTLE && (
              <Card title={SETTLE[license.state]} id="settle">
                {wallet.status === 'ready' ? (
                  <Actions license={license} account={wallet.account} />
                ) : (
                  <p className="text-muted">Switch your wallet to this network first.</p>
                )}
              </Card>
            )}
            {license.state === 'settled' && wallet.status === 'ready' && (
              <Renew license={license} account={wallet.account} />
            )}
            {owns && wallet.status === 'ready' && (
              <Owner license={license} account={wallet.account} />
            )}
          </div>
        ) : owns && wallet.status === 'ready' ? (
          <Owner license={license} account={wallet.account} />
        ) : (
          <Card className="h-fit">
            {wallet.account ? (
              <Notice tone="warn" title="This licence belongs to another account.">
                Only its licensee can open the data. Choose that account in your wallet.
              </Notice>
            ) : (
              <>
                <p className="mb-4">
                  Connect the wallet that bought this licence to open its data.
                </p>
                <ConnectButton />
              </>
            )}
          </Card>
        )}
        <div className="space-y-6">
          <Details
            license={license}
            mine={mine}
            now={now}
            name={dataset.data?.name ?? String(license.datasetId)}
          />
          <Declared license={license} account={mine ? wallet.account : undefined} />
          <History id={license.id} />
        </div>
      </div>
    </Page>
  )
}

/** What the card about the payment in escrow is called, by state. */
const SETTLE: Partial<Record<License['state'], string>> = {
  inReview: 'In review',
  purchased: 'Waiting for the key',
  delivered: 'Settle',
  disputed: 'Disputed',
}

function Details({
  license,
  now,
  name,
  mine,
}: {
  license: License
  now: number
  name: string
  mine: boolean
}) {
  const offer = useOffer(license.offerId).data
  const delivered = useIndexed(license.id).data?.deliveredAt
  const since = delivered ? Date.parse(delivered) / 1000 : undefined
  const visas = offer ? typesOf(offer.visas) : []
  return (
    <Card title="Details" id="details" className="h-fit">
      <Facts
        items={[
          [
            'Dataset',
            <Link key="d" to={`/datasets/${license.datasetId}`}>
              {name}, version {license.version}
            </Link>,
          ],
          [
            'Licensee',
            <Copyable key="l" value={license.licensee} label="licensee address" on="address" />,
          ],
          ['Price', <Amount key="p" units={license.price} currency={license.currency} />],
          ...(isEther(license.currency)
            ? []
            : ([
                [
                  'Token',
                  <Copyable key="t" value={license.currency} label="token address" on="address" />,
                ],
              ] as const)),
          ['Access', accessOf(license, now)],
          ...(visas.length > 0 && !ENDED.has(license.state)
            ? ([['Visas', visasOf(license, visas, offer?.duration ?? 0, since)]] as const)
            : []),
          ...(license.usesLeft !== NOT_COUNTED
            ? ([['Uses left', String(license.usesLeft)]] as const)
            : []),
          ...(ENDED.has(license.state)
            ? []
            : ([
                [
                  'If revoked',
                  <PaidBack
                    key="r"
                    license={license}
                    who={mine ? 'You get' : 'The licensee gets'}
                  />,
                ],
              ] as const)),
        ]}
      />
    </Card>
  )
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

const ENDED: ReadonlySet<License['state']> = new Set(['refunded', 'rejected', 'revoked'])

/** What the licensee would get back if the owner revoked now; `who` gets it. */
function PaidBack({ license, who }: { license: License; who: string }) {
  const due = useRefundDue(license)
  if (license.state !== 'settled') return `${who} back the whole price`
  if (!license.proRata) return `${who} nothing back: the offer promises none`
  if (due.data === undefined) return '…'
  return (
    <>
      {who} back <AmountNow units={due.data} currency={license.currency} />, the part that is not
      used; less with every second
    </>
  )
}

/** Access ends with the first visa that expires, or is revoked. */
function visasOf(
  license: License,
  types: readonly number[],
  duration: number,
  since: number | undefined,
): string {
  const names = types.map((type) => VISA_NAMES[type]).join(', ')
  const limited =
    license.expiresAt > 0 &&
    license.expiresAt !== NO_END &&
    (duration === 0 || (since !== undefined && license.expiresAt < since + duration))
  return `${names}. ${limited ? 'The licence ends early, with the first of them that expires.' : 'Access ends at once if one is revoked.'}`
}

function accessOf(license: License, now: number): string {
  if (ENDED.has(license.state)) return 'None: this licence has ended'
  if (license.expiresAt === 0) return 'Begins when the key is delivered'
  if (license.expiresAt === NO_END) return 'Without end'
  return `Until ${date(new Date(license.expiresAt * 1000))} (${relative(license.expiresAt, now)})`
}
