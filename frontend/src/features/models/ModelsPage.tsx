import { Link } from 'react-router'

import { Button } from '@/components/Button'
import { Short } from '@/components/Explorer'
import { Empty, Loaded, Page } from '@/components/Page'
import { count, date } from '@/lib/format'

import { useModels } from './queries'

export default function ModelsPage() {
  const models = useModels()
  return (
    <Page
      title="Models"
      lead="Fine-tuned by several institutions together, each on its own data. Weights on IPFS are encrypted under the model owner’s key; every version and its lineage are on chain."
    >
      <Loaded query={models} what="models">
        {({ pages }) =>
          pages.every(({ items }) => items.length === 0) ? (
            <Empty title="No model has been registered yet">
              A model owner registers one with “biodesci model create”.
            </Empty>
          ) : (
            <ul className="grid gap-5 md:grid-cols-2">
              {pages
                .flatMap(({ items }) => items)
                .map((model) => (
                  <li
                    key={model.id}
                    className="relative flex flex-col rounded-2xl border border-line bg-surface p-5 shadow-card hover:border-brand/50 sm:p-6"
                  >
                    <h2 className="mb-1">
                      <Link
                        to={`/models/${model.id}`}
                        className="text-ink no-underline after:absolute after:inset-0 after:rounded-2xl"
                      >
                        {model.name || `Model ${model.id}`}
                      </Link>
                    </h2>
                    <p className="mb-5 line-clamp-3 text-muted">
                      {model.unreadable
                        ? 'Its card cannot be read from IPFS at the moment.'
                        : model.description}
                    </p>
                    <p className="mt-auto flex flex-wrap gap-x-3 border-t border-line pt-4 text-sm text-muted">
                      <span>Version {model.latestVersion}</span>
                      <span>{count(model.rounds, 'round')}</span>
                      <span>{count(model.inferences, 'inference')}</span>
                      <span>since {date(model.registeredAt)}</span>
                      <Short value={model.owner} what="owner address" place="address" digits={4} />
                    </p>
                  </li>
                ))}
            </ul>
          )
        }
      </Loaded>
      {models.hasNextPage && (
        <Button
          look="secondary"
          onClick={() => void models.fetchNextPage()}
          busy={models.isFetchingNextPage}
        >
          Show more
        </Button>
      )}
    </Page>
  )
}
