/** Before anything is paid: what happens to the payment, and who decides if something is wrong. */
import { Copyable } from '@/components/Copyable'
import { FailureNotice, Notice } from '@/components/Notice'
import { Loading } from '@/components/Page'

import { useIsArbiter } from '../arbitration/arbiter'
import { useOffer, type ChainOffer } from '../chain'
import { ABOUT_THE_ARBITER, saleOf, sayDelivery, sayDisputes, sayPayment } from '../settlement'

/** By the offer on chain: whoever answers for the index cannot say it differently. */
export function HowItEnds({ offerId }: { offerId: bigint }) {
  const offer = useOffer(offerId)
  if (!offer.data)
    return offer.error ? (
      <FailureNotice error={offer.error} />
    ) : (
      <Loading what="how the sale ends" />
    )
  return <Said offer={offer.data} />
}

function Said({ offer }: { offer: ChainOffer }) {
  const sale = saleOf(offer)
  const arbiter = sale.hasArbiter ? offer.arbiter : undefined
  const accepts = useIsArbiter(arbiter).data
  return (
    <section aria-labelledby="ending" className="space-y-3 rounded-xl bg-sunken px-4 py-3.5">
      <h3 id="ending">What happens to your payment</h3>
      <ol className="list-decimal space-y-2 pl-5 text-[0.95rem]">
        <li>{sayDelivery(sale)}</li>
        <li>{sayPayment(sale)}</li>
        <li>
          {sayDisputes(sale)}
          {arbiter && (
            <span className="mt-1.5 block space-y-1">
              <span className="flex flex-wrap items-center gap-x-2">
                <span className="font-medium">Arbiter</span>
                <Copyable value={arbiter} label="arbiter address" on="address" />
              </span>
              {accepts !== false && <span className="block">{ABOUT_THE_ARBITER}</span>}
            </span>
          )}
        </li>
      </ol>
      {accepts === false && (
        <Notice tone="warn" title="The arbiter does not decide disputes any more.">
          Nothing is sold with this arbiter until it accepts again. Ask the owner for another offer.
        </Notice>
      )}
    </section>
  )
}
