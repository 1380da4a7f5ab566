import { useEffect, useState } from 'react'
import { Link } from 'react-router'

import { Badge } from '@/components/Badge'
import { Behind } from '@/components/Behind'
import { Button } from '@/components/Button'
import { Empty, Loaded, Page } from '@/components/Page'
import { Terms } from '@/components/Terms'
import type { DatasetSummary, Offer } from '@/generated/api'
import { currencyOf, price } from '@/lib/currency'
import { bytes, count } from '@/lib/format'

import { useDatasets } from './queries'

export default function DatasetsPage() {
  const query = useDatasets()
  const [search, setSearch] = useState('')
  const wanted = search.trim().toLowerCase()
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = query
  // A search is over all datasets, not over those that were shown so far.
  useEffect(() => {
    if (wanted && hasNextPage && !isFetchingNextPage && !isFetchNextPageError) void fetchNextPage()
  }, [wanted, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage])
  const matching = (all: readonly DatasetSummary[]) =>
    all.filter(
      (d) =>
        !wanted ||
        `${d.name} ${d.description} ${d.keywords.join(' ')} ${d.terms.terms.map(({ code }) => code).join(' ')} ${d.owner}`
          .toLowerCase()
          .includes(wanted),
    )
  return (
    <Page
      title="Datasets"
      lead="Published encrypted by the institutions that hold them. You license a dataset on chain; its key is sealed to you alone, and your browser opens it."
    >
      <Loaded query={query} what="datasets">
        {({ pages }) => {
          const all = pages.flatMap((page) => page.items)
          const shown = matching(all)
          return all.length === 0 ? (
            <Empty title="No dataset has been published yet">
              A data owner publishes with “biodesci dataset publish”; it appears here with the next
              block.
            </Empty>
          ) : (
            <>
              <div className="flex flex-wrap items-end justify-between gap-4">
                <div>
                  <label htmlFor="search" className="sr-only">
                    Search datasets
                  </label>
                  <input
                    id="search"
                    type="search"
                    value={search}
                    onChange={(e) => setSearch(e.target.value)}
                    placeholder="Search by name, topic or owner"
                    className="w-80 max-w-full rounded-lg border border-line-strong bg-field px-3 py-2 placeholder:text-muted"
                  />
                </div>
                <p role="status" className="text-muted">
                  {count(shown.length, 'dataset')}
                  {hasNextPage && ' so far'}
                  {` as of block ${pages.at(-1)?.asOf}`}
                </p>
              </div>
              {shown.length === 0 ? (
                <Empty title="Nothing matches">Try fewer or other words.</Empty>
              ) : (
                <ul className="grid gap-5 md:grid-cols-2">
                  {shown.map((dataset) => (
                    <DatasetCard key={dataset.id} dataset={dataset} />
                  ))}
                </ul>
              )}
              {query.hasNextPage && (
                <Button
                  look="secondary"
                  onClick={() => void query.fetchNextPage()}
                  busy={query.isFetchingNextPage}
                >
                  Show more
                </Button>
              )}
            </>
          )
        }}
      </Loaded>
    </Page>
  )
}

function DatasetCard({ dataset }: { dataset: DatasetSummary }) {
  const [cheapest, other] = cheapestOf(dataset.offers)
  return (
    <li className="relative flex flex-col rounded-2xl border border-line bg-surface p-5 shadow-card transition-colors focus-within:border-brand hover:border-brand/50 sm:p-6">
      <div className="mb-1 flex items-start justify-between gap-3">
        <h2>
          <Link
            to={`/datasets/${dataset.id}`}
            className="text-ink no-underline after:absolute after:inset-0 after:rounded-2xl"
          >
            {dataset.name || `Dataset ${dataset.id}`}
          </Link>
        </h2>
        {dataset.withdrawn && <Badge tone="bad">Consent withdrawn</Badge>}
      </div>
      <p className="mb-4 line-clamp-2 text-muted">
        {dataset.unreadable
          ? 'Its card cannot be read from IPFS at the moment.'
          : dataset.description}
      </p>
      <p className="mb-4 text-sm text-muted">
        Owner: <Behind institution={dataset.institution} />
      </p>
      <div className="mb-5">
        <Terms bits={dataset.terms.bits} compact />
      </div>
      <div className="mt-auto flex flex-wrap items-end justify-between gap-3 border-t border-line pt-4">
        <p className="text-sm text-muted">
          {[
            dataset.records !== null && count(dataset.records, 'row'),
            dataset.size !== null && bytes(dataset.size),
            `version ${dataset.latestVersion}`,
          ]
            .filter(Boolean)
            .join(' · ')}
        </p>
        <p className="font-semibold">
          {cheapest ? (
            priceOf(cheapest) + (other ? ` or ${priceOf(other)}` : '')
          ) : (
            <span className="font-normal text-muted">No open offer</span>
          )}
        </p>
      </div>
    </li>
  )
}

/**
 * The cheapest in each currency, ether first: prices in different currencies cannot be compared.
 */
function cheapestOf(offers: readonly Offer[]): Offer[] {
  const found = new Map<string, Offer>()
  for (const offer of offers.toSorted((a, b) => (BigInt(a.price) < BigInt(b.price) ? -1 : 1))) {
    const currency = offer.currency.address ?? ''
    if (!found.has(currency)) found.set(currency, offer)
  }
  return [...found.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, offer]) => offer)
}

function priceOf(offer: Offer): string {
  return price(offer.price, currencyOf(offer.currency))
}
