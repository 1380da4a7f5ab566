/** Purpose, evidence and payment: all that a purchase needs. */
import { useState } from 'react'
import type { Address } from 'viem'

import { Button } from '@/components/Button'
import { Check } from '@/components/Field'
import { FailureNotice, Notice } from '@/components/Notice'
import { Loading } from '@/components/Page'
import { WriteRow } from '@/components/WriteRow'
import type { DatasetAnswer, Offer } from '@/generated/api'
import { forPrice } from '@/lib/currency'
import { agreementsOf, decide, DS, PROPERTIES, USES } from '@/lib/duo'
import { useHead } from '@/lib/useChain'
import { missingTypes, typesOf, type SignedVisa } from '@/lib/visa'

import { useOffer } from '../chain'
import { useMeans, type Means } from '../money/payment'
import { MeansNote } from '../money/Price'
import { DiseaseInput, judge, NO_ENTRY, type Entry } from './DiseaseInput'
import { usePermitted, type Permitted } from './diseases'
import { StatementInput } from './StatementInput'
import { usePurchase } from './usePurchase'
import { VisaInput } from './VisaInput'

/** Beside the button that cannot be pressed yet. */
const WHY = { deny: 'Say first what you will use the data for.', review: '', approve: '' } as const

interface Props {
  dataset: DatasetAnswer
  offer: Offer
  account: Address
}

export function PurposeForm({ dataset, offer, account }: Props) {
  const onChain = useOffer(BigInt(offer.id))
  const means = useMeans(account, onChain.data?.currency, onChain.data?.price)
  const permitted = usePermitted(dataset, (BigInt(dataset.terms.bits) & DS) !== 0n)
  if (onChain.data && means.data && permitted.data)
    return (
      <Form
        dataset={dataset}
        offer={offer}
        account={account}
        visaTypes={onChain.data.visas}
        means={means.data}
        permitted={permitted.data}
      />
    )
  const unread = onChain.error ?? means.error ?? permitted.error
  return unread ? <FailureNotice error={unread} /> : <Loading what="the offer" />
}

interface FormProps extends Props {
  /** As bits: what the offer on chain asks for now. */
  visaTypes: number
  means: Means
  permitted: Permitted
}

function Form({ dataset, offer, account, visaTypes, means, permitted }: FormProps) {
  const now = useHead().data?.time ?? 0
  const purchase = usePurchase(account, BigInt(dataset.id), BigInt(offer.id))
  const [purpose, setPurpose] = useState(0n)
  const [entry, setEntry] = useState<Entry>(NO_ENTRY)
  const [text, setText] = useState('')
  const [visas, setVisas] = useState<readonly SignedVisa[]>([])
  const [touched, setTouched] = useState(false)

  const terms = BigInt(dataset.terms.bits)
  const latest = dataset.versions.find(({ version }) => version === dataset.latestVersion)
  const { number, proof, unclear } = judge(entry, permitted)
  const verdict = decide(terms, purpose, proof !== null)
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
          told={latest?.diseases ?? null}
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
        <VisaInput types={types} account={account} now={now} visas={visas} onChange={setVisas} />
      )}
      {touched && !checking && (
        <Notice
          tone={
            verdict.decision === 'approve'
              ? 'good'
              : verdict.decision === 'review'
                ? 'info'
                : 'warn'
          }
          title={
            verdict.decision === 'approve'
              ? 'Permitted by the terms'
              : verdict.decision === 'review'
                ? 'Needs a person’s decision'
                : 'Not permitted as declared'
          }
        >
          {verdict.reason}
        </Notice>
      )}
      <MeansNote means={means} what="the licence" account={account} busy={purchase.busy} />
      <WriteRow write={purchase} idle={touched ? '' : WHY[verdict.decision]}>
        <Button
          onClick={buy}
          busy={purchase.busy}
          disabled={verdict.decision === 'deny' || poor || incomplete}
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
