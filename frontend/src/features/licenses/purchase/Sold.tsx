/**
 * For a dataset's owner and committee: the licences that were sold, each a link to where it can be
 * decided on or revoked.
 */
import { Link } from 'react-router'

import { Badge } from '@/components/Badge'
import { Button } from '@/components/Button'
import { Card } from '@/components/Card'
import { Loaded, None } from '@/components/Page'
import type { DatasetAnswer } from '@/generated/api'
import { currencyOf, price } from '@/lib/currency'
import { date, shorten } from '@/lib/format'
import { useWallet } from '@/lib/useChain'

import { useSold } from '../chain'
import { useIsCommittee } from '../dataset'
import { Collect } from '../money/Collect'
import { statusOf } from '../steps'

export function Sold({ dataset }: { dataset: DatasetAnswer }) {
  const { account } = useWallet()
  const mine = account?.toLowerCase() === dataset.owner.toLowerCase()
  const decides = useIsCommittee(BigInt(dataset.id), account).data === true
  const sold = useSold(dataset.id, mine || decides)
  if (!account || !(mine || decides)) return null
  return (
    <Card title="Licences sold" id="sold" className="space-y-4">
      {mine && <Collect account={account} />}
      <Loaded query={sold} what="the licences sold">
        {({ pages }) =>
          pages.every(({ items }) => items.length === 0) ? (
            <None>None yet.</None>
          ) : (
            <ul className="divide-y divide-line">
              {pages
                .flatMap(({ items }) => items)
                .map((license) => (
                  <li
                    key={license.id}
                    className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 py-2.5 first:pt-0 last:pb-0"
                  >
                    <span>
                      <Link to={`/licenses/${license.id}`}>Licence {license.id}</Link>
                      <span className="block text-sm text-muted">
                        {shorten(license.licensee)} · {date(license.purchasedAt)} ·{' '}
                        {price(license.price, currencyOf(license.currency))}
                      </span>
                    </span>
                    <Badge tone={statusOf(license).tone}>{statusOf(license).name}</Badge>
                  </li>
                ))}
            </ul>
          )
        }
      </Loaded>
      {sold.hasNextPage && (
        <Button
          look="secondary"
          onClick={() => void sold.fetchNextPage()}
          busy={sold.isFetchingNextPage}
        >
          Show more
        </Button>
      )}
    </Card>
  )
}
