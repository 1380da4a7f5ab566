/** Purpose, evidence and payment: all that a purchase needs. */
import { useState } from 'react'
import type { Address, Hex } from 'viem'

import { Button } from '@/components/Button'
import { Check } from '@/components/Field'
import { FailureNotice, Notice } from '@/components/Notice'
import { Loading } from '@/components/Page'
import { WriteRow } from '@/components/WriteRow'
import type { DatasetAnswer, Offer } from '@/generated/api'
import { forPrice } from '@/lib/currency'
import { agreementsOf, DS } from '@/lib/duo'
import { duration } from '@/lib/format'
import { decide, PROPERTIES, USES } from '@/lib/purpose'
import { useHead } from '@/lib/useChain'
import { missingTypes, typesOf, type SignedVisa } from '@/lib/visa'

import { useIsArbiter } from '../arbitration/arbiter'
import { useOffer } from '../chain'
import { useMeans, type Means } from '../money/payment'
import { MeansNote } from '../money/Price'
import { DiseaseInput, judge, NO_ENTRY, type Entry } from './DiseaseInput'
import { usePermitted, type Permitted } from './diseases'
import { offerHash } from './offerHash'
import { StatementInput } from './StatementInput'
import { usePurchase } from './usePurchase'
import { VisaInput } from './VisaInput'

/** Beside the button that cannot be pressed yet. */
const WHY = { deny: 'Say first what you will use the data for.', review: '', approve: '' } as const

const NOT_SOLD = 'Nothing is sold by this offer at the moment.'
const TONES = { approve: 'good', review: 'info', deny: 'warn' } as const
const TITLES = {
  approve: 'Permitted by the terms',
  review: 'Needs a person’s decision',
  deny: 'Not permitted as declared',
} as const

interface Props {
  dataset: DatasetAnswer
  offer: Offer
  /** Of the dataset: the one that the buyer has read. */
  version: number
  /** Licences by this offer that the buyer has already. */
  besides: readonly bigint[]
  account: Address
}

export function PurposeForm(props: Props) {
  const { dataset, offer, account } = props
  const onChain = useOffer(BigInt(offer.id))
  const accepts = useIsArbiter(onChain.data?.arbiter)
  const means = useMeans(account, onChain.data?.currency, onChain.data?.price)
  const permitted = usePermitted(dataset, (BigInt(dataset.terms.bits) & DS) !== 0n)
  if (onChain.data && means.data && permitted.data)
    return (
      <Form
        {...props}
        visaTypes={onChain.data.visas}
        // Of this dataset, whatever the chain says by now that the offer is for.
        offerHash={offerHash({ ...onChain.data, datasetId: BigInt(dataset.id) })}
        means={means.data}
        permitted={permitted.data}
        sold={onChain.data.open && accepts.data !== false}
      />
    )
  const unread = onChain.error ?? means.error ?? permitted.error
  return unread ? <FailureNotice error={unread} /> : <Loading what="the offer" />
}

interface FormProps extends Props {
  /** As bits: what the offer on chain asks for now. */
  visaTypes: number
  offerHash: Hex
  means: Means
  permitted: Permitted
  /** The offer is open, and its arbiter, if it has one, still accepts. */
  sold: boolean
}

function Form(props: FormProps) {
  const { dataset, offer, version, besides, account, visaTypes, means, permitted, sold } = props
  const now = useHead().data?.time ?? 0
  const purchase = usePurchase({
    account,
    datasetId: BigInt(dataset.id),
    offerId: BigInt(offer.id),
    offerHash: props.offerHash,
    version,
    besides,
  })
  const [purpose, setPurpose] = useState(0n)
  const [entry, setEntry] = useState<Entry>(NO_ENTRY)
  const [text, setText] = useState('')
  const [visas, setVisas] = useState<readonly SignedVisa[]>([])
  const [touched, setTouched] = useState(false)
  const [mayReview, setMayReview] = useState(false)

  const terms = BigInt(dataset.terms.bits)
  const read = dataset.versions.find((one) => one.version === version)
  const { number, proof, unclear } = judge(entry, permitted)
  const verdict = decide(terms, purpose, proof !== null)
  const waits = verdict.decision === 'review'
  const types = typesOf(visaTypes)
  const poor = means.balance < means.price
  // Bought before the list is read, a permitted disease would wait for a person.
  const checking = number !== null && proof === null && permitted.list === 'checking'
  const incomplete = missingTypes(visas, types).length > 0 || unclear || checking
  const set = (bit: bigint, on: boolean) => {
    setTouched(true)
    setPurpose((p) => (on ? p | bit : p & ~bit))
  }
  const buy = () =>
    purchase.start({
      means,
      duo: purpose,
      disease: number === null ? null : { number, proof },
      statement: text.trim(),
      visas,
      visaTypes,
      mayReview: waits && mayReview,
    })

  const agreements = agreementsOf(terms)
  return (
    <div className="space-y-5 border-t border-line pt-5">
      <fieldset className="space-y-2.5">
        <legend className="mb-2 font-medium">What will you use the data for?</legend>
        {USES.map((use) => (
          <Check
            key={use.label}
            label={use.label}
            checked={(purpose & use.bit) !== 0n}
            onChange={(on) => set(use.bit, on)}
          />
        ))}
      </fieldset>
      {(terms & DS) !== 0n && (
        <DiseaseInput
          entry={entry}
          onChange={setEntry}
          permitted={permitted}
          told={read?.diseases ?? null}
        />
      )}
      <fieldset className="space-y-2.5">
        <legend className="mb-2 font-medium">About your project</legend>
        {PROPERTIES.map((property) => (
          <Check
            key={property.label}
            label={property.label}
            checked={(purpose & property.bit) !== 0n}
            onChange={(on) => set(property.bit, on)}
          />
        ))}
      </fieldset>
      {agreements.length > 0 && (
        <fieldset className="space-y-2.5">
          <legend className="mb-2 font-medium">You agree to the conditions</legend>
          {agreements.map((term) => (
            <Check
              key={term.code}
              label={term.says}
              note={`${term.code} · ${term.id}`}
              checked={(purpose & term.bit) !== 0n}
              onChange={(on) => set(term.bit, on)}
            />
          ))}
        </fieldset>
      )}
      <StatementInput text={text} onChange={setText} />
      {types.length > 0 && (
        <VisaInput
          datasetId={BigInt(dataset.id)}
          types={types}
          account={account}
          now={now}
          visas={visas}
          onChange={setVisas}
        />
      )}
      {touched && !checking && (
        <Notice tone={TONES[verdict.decision]} title={TITLES[verdict.decision]}>
          {verdict.reason}
        </Notice>
      )}
      {touched && !checking && waits && (
        <Check
          label="I buy it all the same, and wait for the committee"
          note={`It has ${duration(offer.deliveryWindow)}. Until it has decided you can cancel, and your payment comes back. Untick this, and nothing that has to wait is bought.`}
          checked={mayReview}
          onChange={setMayReview}
        />
      )}
      <MeansNote means={means} what="the licence" account={account} busy={purchase.busy} />
      <WriteRow write={purchase} idle={sold ? (touched ? '' : WHY[verdict.decision]) : NOT_SOLD}>
        <Button
          onClick={buy}
          busy={purchase.busy}
          disabled={
            !sold || verdict.decision === 'deny' || (waits && !mayReview) || poor || incomplete
          }
        >
          Purchase {forPrice(means.price, means.currency)}
        </Button>
      </WriteRow>
      <p className="text-sm text-muted">
        The declared purpose{types.length > 0 ? ' and your visas become' : ' becomes'} part of the
        transaction on chain and {types.length > 0 ? 'are' : 'is'} public.
      </p>
    </div>
  )
}
