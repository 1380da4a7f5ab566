/** A settled licence once more: another duration, as many uses again, at the offer's price. */
import { useState } from 'react'
import type { Address } from 'viem'

import { Button } from '@/components/Button'
import { Card, Facts } from '@/components/Card'
import { FailureNotice } from '@/components/Notice'
import { AccessLicense } from '@/generated/abi'
import { amount } from '@/lib/currency'
import { useDeployment } from '@/lib/deployment'
import { count, date } from '@/lib/format'
import { useHead, useReader } from '@/lib/useChain'
import { missingTypes, typesOf, type SignedVisa } from '@/lib/visa'

import { NO_END, readLicense, useIndexed, useOffer, type License } from '../chain'
import { useMeans, usePay } from '../money/payment'
import { MeansNote, TokenNote } from '../money/Price'
import { VisaInput } from '../purchase/VisaInput'
import { checkVisas } from '../purchase/visas'

export function Renew({ license, account }: { license: License; account: Address }) {
  const client = useReader()
  const deployment = useDeployment()
  const now = useHead().data?.time ?? 0
  const offer = useOffer(license.offerId).data
  const means = useMeans(account, offer?.currency, offer?.price).data
  const payment = usePay(account)
  const delivered = useIndexed(license.id).data?.deliveredAt
  const [visas, setVisas] = useState<readonly SignedVisa[]>([])
  const [refused, setRefused] = useState<unknown>(null)
  if (!offer?.open || !means || (offer.duration === 0 && offer.uses === 0)) return null

  const types = typesOf(offer.visas)
  const missing = missingTypes(visas, types)
  const renew = async () => {
    setRefused(null)
    try {
      if (types.length > 0)
        await checkVisas(client, deployment, license.datasetId, account, offer.visas, visas)
    } catch (error) {
      return setRefused(error)
    }
    const before = await readLicense(client, deployment, license.id)
    const done = await payment.pay(
      means,
      (paid) => ({
        address: deployment.contracts.AccessLicense,
        abi: AccessLicense,
        functionName: 'renew',
        args: [license.id, visas, paid] as const,
        value: means.how === 'ether' ? means.price : 0n,
      }),
      async () => {
        const after = await readLicense(client, deployment, license.id)
        return after.expiresAt > before.expiresAt || after.usesLeft > before.usesLeft
      },
    )
    if (done) setVisas([])
  }
  return (
    <Card title="Renew" id="renew">
      <div className="space-y-4">
        <Facts
          items={[
            ['Price', amount(offer.price, means.currency)],
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
        <MeansNote means={means} what="the renewal" payment={payment} />
        {refused !== null && <FailureNotice error={refused} />}
        {payment.error !== null && <FailureNotice error={payment.error} />}
        <div className="flex flex-wrap items-center gap-3">
          <Button
            onClick={() => void renew()}
            busy={payment.busy}
            disabled={means.balance < means.price || missing.length > 0}
          >
            Renew for {amount(offer.price, means.currency)}
          </Button>
          <span role="status" className="text-muted">
            {payment.said}
          </span>
        </div>
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
