/** Purpose, evidence and payment, and the one transaction that buys a licence. */
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { parseEventLogs, zeroHash, type Address } from 'viem'

import { Button } from '@/components/Button'
import { Check } from '@/components/Field'
import { FailureNotice, Notice } from '@/components/Notice'
import { Loading } from '@/components/Page'
import { AccessLicense } from '@/generated/abi'
import type { DatasetAnswer, Offer } from '@/generated/api'
import { amount } from '@/lib/currency'
import { useDeployment } from '@/lib/deployment'
import { agreementsOf, decide, DS, PROPERTIES, USES } from '@/lib/duo'
import { saveStatement } from '@/lib/keystore'
import { newStatement, type Statement } from '@/lib/statement'
import { useHead, useReader } from '@/lib/useChain'
import { missingTypes, typesOf, type SignedVisa } from '@/lib/visa'

import { holds, readLicense, readLicenseIds, useOffer } from '../chain'
import { useMeans, usePay } from '../money/payment'
import { MeansNote } from '../money/Price'
import { DiseaseInput, judge, NO_ENTRY, type Entry } from './DiseaseInput'
import { checkDisease, NOTHING_PERMITTED, usePermitted } from './diseases'
import { StatementInput } from './StatementInput'
import { VisaInput } from './VisaInput'
import { checkVisas } from './visas'

/** Time for a person to read what the wallet asks; the chain's clock counts. */
const ORDER_LIFE = 3600n

/** Beside the button that cannot be pressed yet. */
const WHY = { deny: 'Say first what you will use the data for.', review: '', approve: '' } as const

export function PurposeForm({
  dataset,
  offer,
  account,
}: {
  dataset: DatasetAnswer
  offer: Offer
  account: Address
}) {
  const client = useReader()
  const deployment = useDeployment()
  const navigate = useNavigate()
  const now = useHead().data?.time ?? 0
  const onChain = useOffer(BigInt(offer.id))
  const means = useMeans(account, onChain.data?.currency, onChain.data?.price)
  const payment = usePay(account)
  const [purpose, setPurpose] = useState(0n)
  const [entry, setEntry] = useState<Entry>(NO_ENTRY)
  const [text, setText] = useState('')
  const [visas, setVisas] = useState<readonly SignedVisa[]>([])
  const [touched, setTouched] = useState(false)
  const [refused, setRefused] = useState<unknown>(null)

  const terms = BigInt(dataset.terms.bits)
  const latest = dataset.versions.find(({ version }) => version === dataset.latestVersion)
  const permitted = usePermitted(dataset, (terms & DS) !== 0n)
  const disease = judge(entry, permitted.data ?? NOTHING_PERMITTED)
  const verdict = decide(terms, purpose, disease.proof !== null)
  const unread = onChain.error ?? means.error ?? permitted.error
  if (!onChain.data || !means.data || !permitted.data)
    return unread ? <FailureNotice error={unread} /> : <Loading what="the offer" />

  const mask = onChain.data.visas
  const types = typesOf(mask)
  const price = amount(means.data.price, means.data.currency)
  const poor = means.data.balance < means.data.price
  // Bought before the list is read, a permitted disease would wait for a person.
  const checking =
    disease.number !== null && disease.proof === null && permitted.data.list === 'checking'
  const incomplete = missingTypes(visas, types).length > 0 || disease.unclear || checking
  const set = (bit: bigint, on: boolean) => {
    setTouched(true)
    setPurpose((p) => (on ? p | bit : p & ~bit))
  }

  const buy = async () => {
    setTouched(true)
    setRefused(null)
    const paying = means.data
    if (verdict.decision === 'deny' || !paying) return
    const offerId = BigInt(offer.id)
    const existing = async () => {
      const ids = await readLicenseIds(client, deployment, account)
      const all = await Promise.all(ids.map((one) => readLicense(client, deployment, one)))
      return all.find((license) => holds(license, offerId))
    }
    let statement: Statement | null = null
    let deadline: bigint
    try {
      // Whatever the contract would refuse of the visas is said before the wallet asks for a
      // signature.
      if (types.length > 0)
        await checkVisas(client, deployment, BigInt(dataset.id), account, mask, visas)
      if (disease.number !== null && disease.proof)
        await checkDisease(client, deployment, BigInt(dataset.id), disease.number, disease.proof)
      deadline = (await client.getBlock()).timestamp + ORDER_LIFE
      if (text.trim()) await saveStatement(account, (statement = newStatement(text.trim())))
    } catch (error) {
      return setRefused(error)
    }
    const value = paying.how === 'ether' ? paying.price : 0n
    const at = { address: deployment.contracts.AccessLicense, abi: AccessLicense, value } as const
    const landed = async () => (await existing()) !== undefined
    const declared = {
      duo: purpose,
      disease: disease.number ?? 0,
      statement: statement?.hash ?? zeroHash,
    }
    const order = {
      buyer: account,
      offerId,
      purpose: declared,
      currency: paying.currency.address,
      price: paying.price,
      mayReview: true,
      visasUntil: 0,
      nonce: 0n,
      deadline,
    }
    const plain =
      paying.how !== 'permit' && disease.number === null && !statement && types.length === 0
    const outcome = plain
      ? await payment.pay(
          paying,
          () => ({ ...at, functionName: 'purchase', args: [offerId, purpose] as const }),
          landed,
        )
      : await payment.pay(
          paying,
          (paid) => ({
            ...at,
            functionName: 'purchaseFor',
            args: [order, '0x', { diseaseProof: disease.proof ?? [], visas }, paid] as const,
          }),
          landed,
        )
    if (!outcome) return
    const bought = outcome.sent
      ? parseEventLogs({
          abi: AccessLicense,
          eventName: 'LicensePurchased',
          logs: outcome.receipt.logs,
        })[0]?.args.licenseId
      : (await existing())?.id
    if (bought !== undefined) await navigate(`/licenses/${bought}`)
  }

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
          permitted={permitted.data}
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
      <MeansNote means={means.data} what="the licence" payment={payment} />
      {refused !== null && <FailureNotice error={refused} />}
      {payment.error !== null && <FailureNotice error={payment.error} />}
      <div className="flex flex-wrap items-center gap-3">
        <Button
          onClick={() => void buy()}
          busy={payment.busy}
          disabled={verdict.decision === 'deny' || poor || incomplete}
        >
          Purchase for {price}
        </Button>
        <span role="status" className="text-muted">
          {payment.said ?? (touched ? '' : WHY[verdict.decision])}
        </span>
      </div>
      <p className="text-sm text-muted">
        The declared purpose{types.length > 0 ? ' and your visas become' : ' becomes'} part of the
        transaction on chain and {types.length > 0 ? 'are' : 'is'} public.
      </p>
    </div>
  )
}
