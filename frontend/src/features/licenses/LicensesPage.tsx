import { Link } from 'react-router'

import { Badge } from '@/components/Badge'
import { ConnectButton } from '@/components/ConnectButton'
import { Empty, Loaded, Page } from '@/components/Page'
import { Stepper } from '@/components/Stepper'
import { useDataset } from '@/lib/queries'
import { useHead, useWallet } from '@/lib/useChain'

import { useMyLicenses, type License } from './chain'
import { Collect } from './money/Collect'
import { Amount } from './money/Price'
import { statusNow, stepsOf } from './steps'

export default function LicensesPage() {
  const wallet = useWallet()
  const licenses = useMyLicenses(wallet.account)
  return (
    <Page title="My licences" lead="What your account bought, as the contract has it now.">
      {wallet.account === undefined ? (
        <Empty title="Connect a wallet to see your licences">
          <p className="mb-4">
            Licences belong to an account; nothing else is needed to find them.
          </p>
          <ConnectButton />
        </Empty>
      ) : (
        <>
          <Collect account={wallet.account} />
          <Loaded query={licenses} what="your licences">
            {(list) =>
              list.length === 0 ? (
                <Empty title="No licences yet">
                  <Link to="/">Browse the datasets</Link> and purchase one.
                </Empty>
              ) : (
                <ul className="space-y-4">
                  {list.map((license) => (
                    <LicenseRow key={String(license.id)} license={license} />
                  ))}
                </ul>
              )
            }
          </Loaded>
        </>
      )}
    </Page>
  )
}

function LicenseRow({ license }: { license: License }) {
  const head = useHead()
  const dataset = useDataset(String(license.datasetId))
  const now = head.data?.time ?? 0
  const status = statusNow(license, now)
  return (
    <li className="relative rounded-2xl border border-line bg-surface p-5 shadow-card hover:border-brand/50 sm:p-6">
      <div className="mb-5 flex flex-wrap items-center justify-between gap-3">
        <h2>
          <Link
            to={`/licenses/${license.id}`}
            className="text-ink no-underline after:absolute after:inset-0 after:rounded-2xl"
          >
            {dataset.data?.name ?? `Dataset ${license.datasetId}`}
          </Link>
        </h2>
        <p className="flex flex-wrap items-center gap-2 text-sm text-muted">
          <span>
            Licence {String(license.id)} · version {license.version} ·{' '}
            <Amount units={license.price} currency={license.currency} />
          </span>
          <Badge tone={status.tone}>{status.name}</Badge>
        </p>
      </div>
      <Stepper label={`Progress of licence ${license.id}`} steps={stepsOf(license, now, true)} />
    </li>
  )
}
