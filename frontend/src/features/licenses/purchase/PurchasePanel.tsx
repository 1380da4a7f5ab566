/**
 * The offers of a dataset, and what it takes to buy one; or the licence the account has already.
 */
import { useId, useState } from 'react'
import { Link, useSearchParams } from 'react-router'
import { isAddressEqual, type Address } from 'viem'

import { Badge } from '@/components/Badge'
import { Button } from '@/components/Button'
import { Facts } from '@/components/Card'
import { ConnectButton } from '@/components/ConnectButton'
import { FailureNotice, Notice } from '@/components/Notice'
import { Loading } from '@/components/Page'
import type { DatasetAnswer, Offer } from '@/generated/api'
import { currencyOf, price } from '@/lib/currency'
import { duration } from '@/lib/format'
import { useWallet } from '@/lib/useChain'
import { VISA_NAMES, VISA_TYPES } from '@/lib/visa'

import { holds, useMyLicenses, type License } from '../chain'
import { useLatestVersion } from '../dataset'
import { useKey } from '../key/key'
import { KeyPanel } from '../key/KeyPanel'
import { TokenNote } from '../money/Price'
import { RIGHT_NAMES } from '../rights'
import { statusOf } from '../steps'
import { HowItEnds } from './HowItEnds'
import { PurposeForm } from './PurposeForm'

/** Nothing, where its own owner withdrew it. */
function withdrawnWith({ versions, latestVersion }: DatasetAnswer): string {
  const parent = versions.find(({ version }) => version === latestVersion)?.withdrawnWith
  return parent ? `The owner of dataset ${parent}, from which it descends, withdrew that. ` : ''
}

export function PurchasePanel({ dataset }: { dataset: DatasetAnswer }) {
  const wallet = useWallet()
  // A licence that is over leads to the offer that it was bought by.
  const wanted = Number(useSearchParams()[0].get('offer'))
  const [chosen, setChosen] = useState(wanted)
  // The version whose terms and file the reader has seen is the one that is bought.
  const [seen, setSeen] = useState(dataset.latestVersion)
  const onChain = useLatestVersion(BigInt(dataset.id)).data ?? 0
  const name = useId()
  const offer = dataset.offers.find((o) => o.id === chosen) ?? dataset.offers[0]
  if (dataset.withdrawn)
    return (
      <Notice tone="warn" title="Consent for this version was withdrawn.">
        {withdrawnWith(dataset)}It can no longer be licensed. Training on it stops, and its key is
        not released any more. Who was given the key before keeps it, under the licence’s terms.
      </Notice>
    )
  if (!offer)
    return <p className="text-muted">The owner has no open offer for this dataset at the moment.</p>
  return (
    <div className="space-y-5">
      {wanted > 0 && !dataset.offers.some(({ id }) => id === wanted) && (
        <Notice tone="warn" title={`Offer ${wanted}, by which you bought before, is closed.`}>
          {dataset.offers.length > 1 ? 'These are open now.' : 'This one is open now.'}
        </Notice>
      )}
      {dataset.offers.length > 1 && (
        <fieldset className="space-y-2">
          <legend className="mb-2 font-medium">Offer</legend>
          {dataset.offers.map((o) => (
            <label key={o.id} className="flex items-center gap-3">
              <input
                type="radio"
                name={name}
                checked={o.id === offer.id}
                onChange={() => setChosen(o.id)}
                className="size-4.5 accent-brand"
              />
              <span className="grow">{RIGHT_NAMES[o.right]}</span>
              <span className="font-medium">{price(o.price, currencyOf(o.currency))}</span>
            </label>
          ))}
        </fieldset>
      )}
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-2">
        <p className="font-serif text-3xl font-semibold wrap-anywhere">
          {price(offer.price, currencyOf(offer.currency))}
        </p>
        <Badge tone="brand">{RIGHT_NAMES[offer.right]}</Badge>
      </div>
      <Facts
        items={[
          ['Version', String(seen)],
          ['Access', offer.duration ? `${duration(offer.duration)} from delivery` : 'Without end'],
          ...(offer.uses ? ([['Uses', String(offer.uses)]] as const) : []),
          [
            'If revoked later',
            offer.proRata
              ? 'the part that is not earned comes back'
              : 'nothing comes back once the owner was paid',
          ],
          ...(offer.visas.length > 0
            ? ([
                [
                  'Visas',
                  offer.visas.map((type) => VISA_NAMES[VISA_TYPES.indexOf(type)]).join(', '),
                ],
              ] as const)
            : []),
        ]}
      />
      <TokenNote currency={currencyOf(offer.currency)} />
      <HowItEnds offerId={BigInt(offer.id)} />
      {Math.max(dataset.latestVersion, onChain) !== seen ? (
        <NewerVersion
          seen={seen}
          indexed={dataset.latestVersion}
          latest={Math.max(dataset.latestVersion, onChain)}
          onSeen={setSeen}
        />
      ) : wallet.account && isAddressEqual(wallet.account, dataset.owner as Address) ? (
        <p className="text-muted">You own this dataset. This is what a buyer reads first.</p>
      ) : wallet.status === 'ready' ? (
        <Buy dataset={dataset} offer={offer} version={seen} account={wallet.account} />
      ) : wallet.status === 'wrong-chain' ? (
        <p className="text-muted">Switch your wallet to this network to buy.</p>
      ) : (
        <div className="space-y-3">
          <p className="text-muted">Connect a wallet to buy.</p>
          <ConnectButton busy={wallet.status === 'connecting'} />
        </div>
      )}
    </div>
  )
}

interface NewerProps {
  seen: number
  /** The newest that the index knows, which the page shows. */
  indexed: number
  /** The newest on chain. */
  latest: number
  onSeen: (version: number) => void
}

/** What the reader has read is not sold any more. */
function NewerVersion({ seen, indexed, latest, onSeen }: NewerProps) {
  const shown = indexed === latest
  const look = () => {
    document.querySelector('#terms')?.scrollIntoView()
    onSeen(latest)
  }
  return (
    <Notice
      tone="warn"
      title={`Version ${latest} was published while you were reading.`}
      action={
        <Button look="secondary" onClick={look} busy={!shown}>
          {shown ? `Read version ${latest}` : `Waiting for version ${latest}`}
        </Button>
      }
    >
      Version {seen}, which you have read, is not sold any more. Terms and file may differ, so read
      the new version before you buy it.
    </Notice>
  )
}

interface BuyProps {
  dataset: DatasetAnswer
  offer: Offer
  version: number
  account: Address
}

function Buy({ dataset, offer, version, account }: BuyProps) {
  const key = useKey(account)
  const licenses = useMyLicenses(account)
  // Those that the buyer knows of, and buys another one all the same.
  const [besides, setBesides] = useState<readonly bigint[]>([])
  const owned = licenses.data?.filter((license) => holds(license, BigInt(offer.id))) ?? []
  if (licenses.isPending || key.status === undefined)
    return licenses.error ? (
      <FailureNotice error={licenses.error} />
    ) : key.error ? (
      <FailureNotice error={key.error} />
    ) : (
      <Loading what="your licences" />
    )
  const first = owned.find(({ id }) => !besides.includes(id))
  if (first)
    return (
      <Owned
        license={first}
        onMore={
          offer.duration > 0 || offer.uses > 0
            ? () => setBesides(owned.map(({ id }) => id))
            : undefined
        }
      />
    )
  if (key.status === 'none' || key.status === 'unregistered')
    return (
      <div className="space-y-3 border-t border-line pt-5">
        <h3>First, a key of your own</h3>
        <KeyPanel key={account} account={account} />
      </div>
    )
  return (
    <>
      {key.status === 'elsewhere' && (
        <Notice tone="warn" title="Your key is not in this browser.">
          The dataset’s key would be sealed to the one that is registered for your account.{' '}
          <Link to="/key">Load its recovery file</Link> to open the data here.
        </Notice>
      )}
      <PurposeForm
        key={`${offer.id} ${account} ${version}`}
        dataset={dataset}
        offer={offer}
        version={version}
        besides={besides}
        account={account}
      />
    </>
  )
}

interface OwnedProps {
  license: License
  /** undefined: another one would give nothing more. */
  onMore: (() => void) | undefined
}

function Owned({ license, onMore }: OwnedProps) {
  return (
    <Notice
      tone="good"
      title="You have this licence."
      action={
        <>
          <Link
            to={`/licenses/${license.id}`}
            className="inline-flex min-h-10 items-center rounded-lg border border-brand bg-brand px-4 py-2 font-medium text-on-brand no-underline"
          >
            Open licence {String(license.id)}
          </Link>
          {onMore && (
            <Button look="secondary" onClick={onMore}>
              Buy another one
            </Button>
          )}
        </>
      }
    >
      Its state: {statusOf(license).name.toLowerCase()}.
      {onMore && ' Another one has its own time and uses, and begins when it is delivered.'}
    </Notice>
  )
}
