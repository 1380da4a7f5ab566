/**
 * The offers of a dataset, and what it takes to buy one; or the licence the account has already.
 */
import { useId, useState } from 'react'
import { Link } from 'react-router'
import type { Address } from 'viem'

import { Badge } from '@/components/Badge'
import { Facts } from '@/components/Card'
import { ConnectButton } from '@/components/ConnectButton'
import { FailureNotice, Notice } from '@/components/Notice'
import { Loading } from '@/components/Page'
import type { DatasetAnswer, Offer } from '@/generated/api'
import { currencyOf, price } from '@/lib/currency'
import { duration } from '@/lib/format'
import { useWallet } from '@/lib/useChain'
import { VISA_NAMES, VISA_TYPES } from '@/lib/visa'

import { holds, useMyLicenses } from '../chain'
import { useKey } from '../key/key'
import { KeyPanel } from '../key/KeyPanel'
import { TokenNote } from '../money/Price'
import { NAMES } from '../steps'
import { PurposeForm } from './PurposeForm'

const RIGHTS: Record<Offer['right'], string> = {
  none: 'None',
  download: 'Download and decrypt',
  train: 'Train models, without download',
  infer: 'Run inferences',
}
export function PurchasePanel({ dataset }: { dataset: DatasetAnswer }) {
  const wallet = useWallet()
  const [chosen, setChosen] = useState(dataset.offers[0]?.id)
  const name = useId()
  const offer = dataset.offers.find((o) => o.id === chosen) ?? dataset.offers[0]
  if (dataset.withdrawn)
    return (
      <Notice tone="warn" title="Consent for this version was withdrawn.">
        It can no longer be licensed. Earlier licences end with it.
      </Notice>
    )
  if (!offer)
    return <p className="text-muted">The owner has no open offer for this dataset at the moment.</p>
  return (
    <div className="space-y-5">
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
              <span className="grow">{RIGHTS[o.right]}</span>
              <span className="font-medium">{price(o.price, currencyOf(o.currency))}</span>
            </label>
          ))}
        </fieldset>
      )}
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-2">
        <p className="font-serif text-3xl font-semibold wrap-anywhere">
          {price(offer.price, currencyOf(offer.currency))}
        </p>
        <Badge tone="brand">{RIGHTS[offer.right]}</Badge>
      </div>
      <Facts
        items={[
          ['Access', offer.duration ? `${duration(offer.duration)} from delivery` : 'Without end'],
          ...(offer.uses ? ([['Uses', String(offer.uses)]] as const) : []),
          ['Key delivered', `within ${duration(offer.deliveryWindow)}, else refunded`],
          ['You can dispute', `for ${duration(offer.disputeWindow)} after delivery`],
          ['Disputes', offer.arbiter ? 'decided by an arbiter' : 'refund you at once'],
          [
            'If revoked later',
            offer.proRata
              ? 'the unused part is paid back'
              : 'nothing is paid back once you confirmed',
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
      {wallet.status === 'ready' ? (
        <Buy dataset={dataset} offer={offer} account={wallet.account} />
      ) : wallet.status === 'wrong-chain' ? (
        <p className="text-muted">Switch your wallet to this network to buy.</p>
      ) : (
        <div className="space-y-3">
          <p className="text-muted">
            Connect a wallet to buy. Your payment waits in escrow until you confirm the data.
          </p>
          <ConnectButton busy={wallet.status === 'connecting'} />
        </div>
      )}
    </div>
  )
}

function Buy({
  dataset,
  offer,
  account,
}: {
  dataset: DatasetAnswer
  offer: Offer
  account: Address
}) {
  const key = useKey(account)
  const licenses = useMyLicenses(account)
  const owned = licenses.data?.find((license) => holds(license, BigInt(offer.id)))
  if (licenses.isPending || key.status === undefined)
    return licenses.error ? (
      <FailureNotice error={licenses.error} />
    ) : key.error ? (
      <FailureNotice error={key.error} />
    ) : (
      <Loading what="your licences" />
    )
  if (owned)
    return (
      <Notice
        tone="good"
        title="You have this licence."
        action={
          <Link
            to={`/licenses/${owned.id}`}
            className="inline-flex min-h-10 items-center rounded-lg border border-brand bg-brand px-4 py-2 font-medium text-on-brand no-underline"
          >
            Open licence {String(owned.id)}
          </Link>
        }
      >
        Its state: {NAMES[owned.state].name.toLowerCase()}.
      </Notice>
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
        key={`${offer.id} ${account}`}
        dataset={dataset}
        offer={offer}
        account={account}
      />
    </>
  )
}
