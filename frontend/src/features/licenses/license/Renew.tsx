/** A settled licence once more: another duration, as many uses again, at the offer's price. */
import { useRef, useState } from 'react'
import type { Address } from 'viem'

import { Button } from '@/components/Button'
import { Card, Facts } from '@/components/Card'
import { WriteRow } from '@/components/WriteRow'
import { AccessLicense } from '@/generated/abi'
import { forPrice, price } from '@/lib/currency'
import { useDeployment } from '@/lib/deployment'
import { count, date } from '@/lib/format'
import { useHead, useReader } from '@/lib/useChain'
import { useWrite } from '@/lib/useWrite'
import { missingTypes, typesOf, type SignedVisa } from '@/lib/visa'

import { NO_END, readLicense, useIndexed, useOffer, type License } from '../chain'
import { useMeans, usePay, type Means } from '../money/payment'
import { MeansNote, TokenNote } from '../money/Price'
import { VisaInput } from '../purchase/VisaInput'
import { checkVisas } from '../purchase/visas'

export function Renew({ license, account }: { license: License; account: Address }) {
  const client = useReader()
  const deployment = useDeployment()
  const now = useHead().data?.time ?? 0
  const offer = useOffer(license.offerId).data
  const means = useMeans(account, offer?.currency, offer?.price).data
  const { pay } = usePay(account)
  const delivered = useIndexed(license.id).data?.deliveredAt
  const [visas, setVisas] = useState<readonly SignedVisa[]>([])
  // As it was before the first attempt: one that was sent, but not seen in time, is not sent again.
  const before = useRef<License | null>(null)
  const renew = useWrite(async (paying: Means, say) => {
    if (offer && offer.visas !== 0)
      await checkVisas(client, deployment, license.datasetId, account, offer.visas, visas)
    const start = (before.current ??= await readLicense(client, deployment, license.id))
    await pay(
      paying,
      (paid) => ({
        address: deployment.contracts.AccessLicense,
        abi: AccessLicense,
        functionName: 'renew',
        args: [license.id, visas, paid] as const,
        value: paying.how === 'ether' ? paying.price : 0n,
      }),
      async () => {
        const after = await readLicense(client, deployment, license.id)
        return after.expiresAt > start.expiresAt || after.usesLeft > start.usesLeft
      },
      say,
    )
    before.current = null
    setVisas([])
  })
  if (!offer?.open || !means || (offer.duration === 0 && offer.uses === 0)) return null

  const types = typesOf(offer.visas)
  const missing = missingTypes(visas, types)
  return (
    <Card title="Renew" id="renew">
      <div className="space-y-4">
        <Facts
          items={[
            ['Price', price(offer.price, means.currency)],
            ...(offer.duration > 0
              ? ([['New end', endOf(license, offer.duration, visas, delivered, now)]] as const)
              : []),
            ...(offer.uses > 0 ? ([['Uses more', count(offer.uses, 'use')]] as const) : []),
          ]}
        />
        <TokenNote currency={means.currency} />
        {types.length > 0 && (
          <VisaInput types={types} account={account} now={now} visas={visas} onChange={setVisas} />
        )}
        <p className="text-sm text-muted">
          The key is yours already, so the owner is paid at once and nothing waits in escrow.
        </p>
        <MeansNote means={means} what="the renewal" account={account} busy={renew.busy} />
        <WriteRow write={renew}>
          <Button
            onClick={() => renew.start(means)}
            busy={renew.busy}
            disabled={means.balance < means.price || missing.length > 0}
          >
            Renew {forPrice(offer.price, means.currency)}
          </Button>
        </WriteRow>
      </div>
    </Card>
  )
}

/**
 * What is over when the renewal comes is over: the new duration starts at the present end (not at
 * that of the visas), or now.
 */
function endOf(
  license: License,
  duration: number,
  visas: readonly SignedVisa[],
  delivered: string | null | undefined,
  now: number,
): string {
  if (license.expiresAt === NO_END) return 'Without end, as now'
  const paidUntil = delivered ? Date.parse(delivered) / 1000 + duration : 0
  const end = Math.max(now, license.expiresAt, paidUntil) + duration
  const lapse = Math.min(...visas.map(({ visa }) => visa.expires))
  return lapse < end
    ? `${date(new Date(lapse * 1000))}, when a visa of yours expires`
    : date(new Date(end * 1000))
}
