/** Offer, purpose, price and the one transaction that buys a licence; or the licence the account has already. */
import { useId, useState } from 'react'
import { Link, useNavigate } from 'react-router'
import { parseEventLogs, type Address } from 'viem'
import { useBalance } from 'wagmi'

import { useDeployment } from '@/app/deployment'
import { useReader, useWallet } from '@/app/useChain'
import { useTransact } from '@/app/useTransact'
import { ConnectButton } from '@/app/WalletButton'
import { Badge } from '@/components/Badge'
import { Button } from '@/components/Button'
import { Facts } from '@/components/Card'
import { Check } from '@/components/Field'
import { FailureNotice, Notice } from '@/components/Notice'
import { Loading } from '@/components/Page'
import { readLicense, readLicenseIds, useMyLicenses, useOffer, type License } from '@/features/licenses/chain'
import { useKey } from '@/features/licenses/key'
import { KeyPanel } from '@/features/licenses/KeyPanel'
import { NAMES } from '@/features/licenses/steps'
import { AccessLicense } from '@/generated/abi'
import type { DatasetAnswer, Offer } from '@/generated/api'
import { agreementsOf, decide, PROPERTIES, USES } from '@/lib/duo'
import { duration, ether } from '@/lib/format'

const RIGHTS: Record<Offer['right'], string> = { none: 'None', download: 'Download and decrypt', train: 'Train models, without download', infer: 'Run inferences' }
const CURRENT = new Set(['inReview', 'purchased', 'delivered', 'settled', 'disputed'])

/** A licence that makes another purchase of the same offer pointless. */
function holds(license: License, offerId: bigint): boolean {
  return license.offerId === offerId && CURRENT.has(license.state) && (license.active || license.expiresAt === 0 || license.state === 'disputed')
}

export function PurchasePanel({ dataset }: { dataset: DatasetAnswer }) {
  const wallet = useWallet()
  const [chosen, setChosen] = useState(dataset.offers[0]?.id)
  const name = useId()
  const offer = dataset.offers.find((o) => o.id === chosen) ?? dataset.offers[0]
  if (dataset.withdrawn)
    return <Notice tone="warn" title="Consent for this version was withdrawn.">It can no longer be licensed. Earlier licences end with it.</Notice>
  if (!offer) return <p className="text-muted">The owner has no open offer for this dataset at the moment.</p>
  return (
    <div className="space-y-5">
      {dataset.offers.length > 1 && (
        <fieldset className="space-y-2">
          <legend className="mb-2 font-medium">Offer</legend>
          {dataset.offers.map((o) => (
            <label key={o.id} className="flex items-center gap-3">
              <input type="radio" name={name} checked={o.id === offer.id} onChange={() => setChosen(o.id)} className="size-4.5 accent-brand" />
              <span className="grow">{RIGHTS[o.right]}</span>
              <span className="font-medium">{ether(o.price)}</span>
            </label>
          ))}
        </fieldset>
      )}
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-2">
        <p className="font-serif text-3xl font-semibold whitespace-nowrap">{ether(offer.price)}</p>
        <Badge tone="brand">{RIGHTS[offer.right]}</Badge>
      </div>
      <Facts
        items={[
          ['Access', offer.duration ? `${duration(offer.duration)} from delivery` : 'Without end'],
          ...(offer.uses ? ([['Uses', String(offer.uses)]] as const) : []),
          ['Key delivered', `within ${duration(offer.deliveryWindow)}, else refunded`],
          ['You can dispute', `for ${duration(offer.disputeWindow)} after delivery`],
          ['Disputes', offer.arbiter ? 'decided by an arbiter' : 'refund you at once'],
        ]}
      />
      {wallet.status === 'ready' ? (
        <Buy dataset={dataset} offer={offer} account={wallet.account} />
      ) : wallet.status === 'wrong-chain' ? (
        <p className="text-muted">Switch your wallet to this network to buy.</p>
      ) : (
        <div className="space-y-3">
          <p className="text-muted">Connect a wallet to buy. Your payment waits in escrow until you confirm the data.</p>
          <ConnectButton busy={wallet.status === 'connecting'} />
        </div>
      )}
    </div>
  )
}

function Buy({ dataset, offer, account }: { dataset: DatasetAnswer; offer: Offer; account: Address }) {
  const key = useKey(account)
  const licenses = useMyLicenses(account)
  const owned = licenses.data?.find((license) => holds(license, BigInt(offer.id)))
  if (licenses.isPending || key.status === undefined) return licenses.error ? <FailureNotice error={licenses.error} /> : key.error ? <FailureNotice error={key.error} /> : <Loading what="your licences" />
  if (owned)
    return (
      <Notice
        tone="good"
        title="You have this licence."
        action={
          <Link to={`/licenses/${owned.id}`} className="inline-flex min-h-10 items-center rounded-lg border border-brand bg-brand px-4 py-2 font-medium text-white no-underline">
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
        <KeyPanel account={account} />
      </div>
    )
  return <PurposeForm dataset={dataset} offer={offer} account={account} />
}

function PurposeForm({ dataset, offer, account }: { dataset: DatasetAnswer; offer: Offer; account: Address }) {
  const client = useReader()
  const deployment = useDeployment()
  const transact = useTransact()
  const navigate = useNavigate()
  const balance = useBalance({ address: account, chainId: deployment.chainId })
  const onChain = useOffer(BigInt(offer.id))
  const [purpose, setPurpose] = useState(0n)
  const [touched, setTouched] = useState(false)
  const terms = BigInt(dataset.terms.bits)
  const verdict = decide(terms, purpose)
  const price = onChain.data?.price ?? BigInt(offer.price)
  const poor = balance.data !== undefined && balance.data.value < price
  const set = (bit: bigint, on: boolean) => {
    setTouched(true)
    setPurpose((p) => (on ? p | bit : p & ~bit))
  }

  const buy = async () => {
    setTouched(true)
    if (verdict.decision === 'deny') return
    const id = BigInt(offer.id)
    const existing = async () => {
      const ids = await readLicenseIds(client, deployment, account)
      const all = await Promise.all(ids.map((one) => readLicense(client, deployment, one)))
      return all.find((license) => holds(license, id))
    }
    const outcome = await transact.run(
      account,
      { address: deployment.contracts.AccessLicense, abi: AccessLicense, functionName: 'purchase', args: [id, purpose], value: price },
      async () => (await existing()) !== undefined,
    )
    if (!outcome) return
    const bought = outcome.sent
      ? parseEventLogs({ abi: AccessLicense, eventName: 'LicensePurchased', logs: outcome.receipt.logs })[0]?.args.licenseId
      : (await existing())?.id
    if (bought !== undefined) await navigate(`/licenses/${bought}`)
  }

  const agreements = agreementsOf(terms)
  return (
    <div className="space-y-5 border-t border-line pt-5">
      <fieldset className="space-y-2.5">
        <legend className="mb-2 font-medium">What will you use the data for?</legend>
        {USES.map((use) => (
          <Check key={use.label} label={use.label} checked={(purpose & use.bit) !== 0n} onChange={(on) => set(use.bit, on)} />
        ))}
      </fieldset>
      <fieldset className="space-y-2.5">
        <legend className="mb-2 font-medium">About your project</legend>
        {PROPERTIES.map((property) => (
          <Check key={property.label} label={property.label} checked={(purpose & property.bit) !== 0n} onChange={(on) => set(property.bit, on)} />
        ))}
      </fieldset>
      {agreements.length > 0 && (
        <fieldset className="space-y-2.5">
          <legend className="mb-2 font-medium">You agree to the conditions</legend>
          {agreements.map((term) => (
            <Check key={term.code} label={term.says} note={`${term.code} · ${term.id}`} checked={(purpose & term.bit) !== 0n} onChange={(on) => set(term.bit, on)} />
          ))}
        </fieldset>
      )}
      {touched && (
        <Notice
          tone={verdict.decision === 'approve' ? 'good' : verdict.decision === 'review' ? 'info' : 'warn'}
          title={verdict.decision === 'approve' ? 'Permitted by the terms' : verdict.decision === 'review' ? 'Needs a person’s decision' : 'Not permitted as declared'}
        >
          {verdict.reason}
        </Notice>
      )}
      {poor && balance.data && (
        <Notice tone="warn" title="Your account has too little ether.">
          It holds {ether(balance.data.value)}; the licence costs {ether(price)} and a network fee.
        </Notice>
      )}
      {transact.error !== null && <FailureNotice error={transact.error} />}
      <div className="flex flex-wrap items-center gap-3">
        <Button onClick={() => void buy()} busy={transact.busy} disabled={verdict.decision === 'deny' || poor}>
          Purchase for {ether(price)}
        </Button>
        <span role="status" className="text-muted">
          {transact.said}
        </span>
      </div>
      <p className="text-sm text-muted">One transaction. The declared purpose becomes part of the licence on chain and is public.</p>
    </div>
  )
}
