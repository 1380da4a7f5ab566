/** A licence's facts: what it is for, until when, and what comes back if it ends now. */
import type { ReactNode } from 'react'
import { Link } from 'react-router'

import { Card, Facts } from '@/components/Card'
import { Copyable } from '@/components/Copyable'
import { isEther } from '@/lib/currency'
import { date, relative } from '@/lib/format'
import { typesOf, VISA_NAMES } from '@/lib/visa'

import {
  hasEnded,
  isCounted,
  NO_END,
  useIndexed,
  useOffer,
  type ChainOffer,
  type License,
} from '../chain'
import { Amount, AmountNow } from '../money/Price'
import { useShares } from '../money/shares'
import { needsKey, RIGHT_NAMES } from '../rights'
import { saleOf } from '../settlement'

export function Details({
  license,
  now,
  name,
  mine,
}: {
  license: License
  now: number
  name: string
  mine: boolean
}) {
  const offer = useOffer(license.offerId).data
  const delivered = useIndexed(license.id).data?.deliveredAt
  const since = delivered ? Date.parse(delivered) / 1000 : undefined
  const visas = offer ? typesOf(offer.visas) : []
  return (
    <Card title="Details" id="details" className="h-fit">
      <Facts
        items={[
          [
            'Dataset',
            <Link key="d" to={`/datasets/${license.datasetId}`}>
              {name}, version {license.version}
            </Link>,
          ],
          ['Right', RIGHT_NAMES[license.right]],
          [
            'Licensee',
            <Copyable key="l" value={license.licensee} label="licensee address" on="address" />,
          ],
          ['Price', <Amount key="p" units={license.price} currency={license.currency} />],
          ...(isEther(license.currency)
            ? []
            : ([
                [
                  'Token',
                  <Copyable key="t" value={license.currency} label="token address" on="address" />,
                ],
              ] as const)),
          ['Access', accessOf(license, now)],
          ...(visas.length > 0 && !hasEnded(license)
            ? ([['Visas', visasOf(license, visas, offer?.duration ?? 0, since)]] as const)
            : []),
          ...(isCounted(license) ? ([['Uses left', String(license.usesLeft)]] as const) : []),
          ...(hasEnded(license)
            ? []
            : ([
                [
                  'If revoked',
                  <PaidBack
                    key="r"
                    license={license}
                    who={mine ? 'You get' : 'The licensee gets'}
                  />,
                ],
                ...(offer ? ([['Who decides disputes', arbiterOf(offer)]] as const) : []),
              ] as const)),
        ]}
      />
    </Card>
  )
}

/** What the licensee would get back if the owner revoked now; `who` gets it. */
function PaidBack({ license, who }: { license: License; who: string }) {
  const shares = useShares(license).data
  if (license.state !== 'settled') return `${who} back the whole price`
  if (!license.proRata) return `${who} nothing back: the offer promises none`
  if (!shares) return '…'
  const earned = license.earned + shares.toOwner
  return (
    <>
      {who} back <AmountNow units={shares.toLicensee} currency={license.currency} />, less with
      every second. The owner has earned <AmountNow units={earned} currency={license.currency} />.
    </>
  )
}

function arbiterOf(offer: ChainOffer): ReactNode {
  if (!saleOf(offer).hasArbiter) return 'Nobody: nothing can be disputed'
  return <Copyable value={offer.arbiter} label="arbiter address" on="address" />
}

/** Access ends with the first visa that expires, or is revoked. */
function visasOf(
  license: License,
  types: readonly number[],
  duration: number,
  since: number | undefined,
): string {
  const names = types.map((type) => VISA_NAMES[type]).join(', ')
  const limited =
    license.expiresAt > 0 &&
    license.expiresAt !== NO_END &&
    (duration === 0 || (since !== undefined && license.expiresAt < since + duration))
  return `${names}. ${limited ? 'The licence ends early, with the first of them that expires.' : 'Access ends at once if one is revoked.'}`
}

function accessOf(license: License, now: number): string {
  if (hasEnded(license)) return 'None: this licence has ended'
  if (license.state === 'disputed') return 'Stopped until the arbiter has decided'
  if (license.expiresAt === 0)
    return needsKey(license.right)
      ? 'Begins when the key is delivered'
      : 'Begins when access is given'
  if (license.expiresAt === NO_END) return 'Without end'
  return `Until ${date(new Date(license.expiresAt * 1000))} (${relative(license.expiresAt, now)})`
}
