import { Link, useParams } from 'react-router'

import { useHead, useWallet } from '@/app/useChain'
import { ConnectButton } from '@/app/WalletButton'
import { Badge } from '@/components/Badge'
import { Card, Facts } from '@/components/Card'
import { Copyable } from '@/components/Copyable'
import { FailureNotice, Notice } from '@/components/Notice'
import { Empty, Loaded, Page } from '@/components/Page'
import { Stepper } from '@/components/Stepper'
import { useDataset } from '@/features/datasets/queries'
import { Failure } from '@/lib/failure'
import { date, ether, relative } from '@/lib/format'

import { Actions, Collect } from './Actions'
import { NO_END, NOT_COUNTED, useLicense, type License } from './chain'
import { DownloadPanel } from './DownloadPanel'
import { isExpired, NAMES, stepsOf } from './steps'

export default function LicensePage() {
  const { id = '' } = useParams()
  if (!/^\d{1,18}$/.test(id)) return <FailureNotice error={new Failure('missing', 'There is no such licence.', 'The number in the address is mistyped.')} />
  return <KnownLicense id={BigInt(id)} />
}

function KnownLicense({ id }: { id: bigint }) {
  const license = useLicense(id)
  return (
    <Loaded query={license} what="the licence">
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
  const state = NAMES[license.state]
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
        <Stepper label="Progress of this licence" steps={stepsOf(license, now)} />
        <p role="status" className="sr-only">
          {state.name}
        </p>
      </Card>
      {expired && (
        <Notice tone="warn" title={`This licence expired ${relative(license.expiresAt, now)}.`}>
          The data can no longer be opened with it. <Link to={`/datasets/${license.datasetId}`}>Buy a new licence.</Link>
        </Notice>
      )}
      {dataset.data?.withdrawn && <Notice tone="warn" title="Consent for the latest version of this dataset was withdrawn.">A withdrawn version is not released any more.</Notice>}
      {mine && wallet.account && <Collect account={wallet.account} />}
      <div className="grid gap-6 lg:grid-cols-[3fr_2fr]">
        {mine && wallet.account ? (
          <div className="space-y-6">
            {license.active && (
              <Card title="Open the data" id="open">
                <DownloadPanel license={license} account={wallet.account} />
              </Card>
            )}
            {(license.state === 'delivered' || license.state === 'purchased') && (
              <Card title={license.state === 'delivered' ? 'Settle' : 'Waiting for the key'} id="settle">
                {wallet.status === 'ready' ? <Actions license={license} account={wallet.account} /> : <p className="text-muted">Switch your wallet to this network first.</p>}
              </Card>
            )}
          </div>
        ) : (
          <Card>
            {wallet.account ? (
              <Notice tone="warn" title="This licence belongs to another account.">
                Only its licensee can open the data. Choose that account in your wallet.
              </Notice>
            ) : (
              <>
                <p className="mb-4">Connect the wallet that bought this licence to open its data.</p>
                <ConnectButton />
              </>
            )}
          </Card>
        )}
        <Card title="Details" id="details" className="h-fit">
          <Facts
            items={[
              ['Dataset', <Link key="d" to={`/datasets/${license.datasetId}`}>{dataset.data?.name ?? String(license.datasetId)}, version {license.version}</Link>],
              ['Licensee', <Copyable key="l" value={license.licensee} label="licensee address" />],
              ['Price', ether(license.price)],
              ['Access', accessOf(license, now)],
              ...(license.usesLeft !== NOT_COUNTED ? ([['Uses left', String(license.usesLeft)]] as const) : []),
            ]}
          />
        </Card>
      </div>
    </Page>
  )
}

function accessOf(license: License, now: number): string {
  if (license.expiresAt === 0) return 'Begins when the key is delivered'
  if (license.expiresAt === NO_END) return 'Without end'
  return `Until ${date(new Date(license.expiresAt * 1000))} (${relative(license.expiresAt, now)})`
}
