/** The one transaction that buys a licence, with what is checked and kept before it. */
import { useNavigate } from 'react-router'
import { parseEventLogs, zeroHash, type Address, type Hex } from 'viem'

import { AccessLicense } from '@/generated/abi'
import { useDeployment } from '@/lib/deployment'
import { saveStatement } from '@/lib/keystore'
import { newStatement } from '@/lib/statement'
import { useReader } from '@/lib/useChain'
import { useWrite } from '@/lib/useWrite'
import type { SignedVisa } from '@/lib/visa'

import { holds, readLicense, readLicenseIds } from '../chain'
import { usePay, type Means } from '../money/payment'
import { checkDisease } from './diseases'
import { checkVisas } from './visas'

/** Time for a person to read what the wallet asks; the chain's clock counts. */
const ORDER_LIFE = 3600n

interface Declaration {
  /** DUO bits of the purpose. */
  duo: bigint
  /** The number of a MONDO id, with what proves that the terms permit it; null: none is named. */
  disease: { number: number; proof: readonly Hex[] | null } | null
  /** Of which the chain gets a salted hash; empty: none. */
  statement: string
  visas: readonly SignedVisa[]
  /** The types that the offer asks for, as bits. */
  visaTypes: number
}

interface Order extends Declaration {
  means: Means
  /** Whether the purchase may wait for the committee's decision. */
  mayReview: boolean
}

interface Wanted {
  account: Address
  datasetId: bigint
  offerId: bigint
  /** Of all that the offer says, as the buyer has read it: the contract refuses another one of this number. */
  offerHash: Hex
  /** Of the dataset, as the buyer has read it; the contract refuses if there is a newer one. */
  version: number
  /** Licences by the same offer that the buyer has, and buys another one all the same. */
  besides: readonly bigint[]
}

/** Buys, then shows the licence, unless the person has gone to another page meanwhile. */
export function usePurchase({ account, datasetId, offerId, offerHash, version, besides }: Wanted) {
  const client = useReader()
  const deployment = useDeployment()
  const navigate = useNavigate()
  const { pay } = usePay(account)

  const existing = async () => {
    const ids = (await readLicenseIds(client, deployment, account)).filter(
      (id) => !besides.includes(id),
    )
    const all = await Promise.all(ids.map((one) => readLicense(client, deployment, one)))
    return all.find((license) => holds(license, offerId))
  }

  return useWrite(async (asked: Order, say) => {
    const { means, duo, disease, statement, visas, visaTypes, mayReview } = asked
    const page = window.location.pathname
    // Whatever the contract would refuse is said before the wallet asks for a signature.
    if (visaTypes !== 0) await checkVisas(client, deployment, datasetId, account, visaTypes, visas)
    if (disease?.proof)
      await checkDisease(client, deployment, datasetId, disease.number, disease.proof)
    const kept = statement === '' ? null : newStatement(statement)
    if (kept) await saveStatement(account, kept)

    const at = {
      address: deployment.contracts.AccessLicense,
      abi: AccessLicense,
      value: means.how === 'ether' ? means.price : 0n,
    } as const
    const order = {
      buyer: account,
      offerId,
      offerHash,
      version,
      purpose: { duo, disease: disease?.number ?? 0, statement: kept?.hash ?? zeroHash },
      currency: means.currency.address,
      price: means.price,
      mayReview,
      visasUntil: 0,
      // The buyer's own transaction uses it up, too.
      nonce: await client.readContract({
        address: deployment.contracts.AccessLicense,
        abi: AccessLicense,
        functionName: 'nonces',
        args: [account],
      }),
      deadline: (await client.getBlock()).timestamp + ORDER_LIFE,
    }
    const landed = async () => (await existing()) !== undefined
    const plain = means.how !== 'permit' && !disease && !kept && visaTypes === 0
    const outcome = plain
      ? await pay(
          means,
          () => ({
            ...at,
            functionName: 'purchase',
            args: [offerId, offerHash, version, duo, mayReview] as const,
          }),
          landed,
          say,
        )
      : await pay(
          means,
          (paid) => ({
            ...at,
            functionName: 'purchaseFor',
            args: [order, '0x', { diseaseProof: disease?.proof ?? [], visas }, paid] as const,
          }),
          landed,
          say,
        )
    const logs = outcome.sent ? outcome.receipt.logs : []
    const [event] = parseEventLogs({ abi: AccessLicense, eventName: 'LicensePurchased', logs })
    const bought = event?.args.licenseId ?? (await existing())?.id
    if (bought !== undefined && window.location.pathname === page)
      await navigate(`/licenses/${bought}`)
  })
}
