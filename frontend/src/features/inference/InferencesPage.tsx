import { Link } from 'react-router'

import { Badge } from '@/components/Badge'
import { Button } from '@/components/Button'
import { Short } from '@/components/Explorer'
import { Empty, Loaded, Page } from '@/components/Page'
import { ScrollRegion } from '@/components/ScrollRegion'
import { ETHER, price } from '@/lib/currency'
import { date } from '@/lib/format'

import { useInferences } from './queries'
import { STATES } from './states'

export default function InferencesPage() {
  const query = useInferences()
  return (
    <Page
      title="Inferences"
      lead="Encrypted questions to registered models. The worker commits to its output on chain; an auditor with no key can check it."
    >
      <Loaded query={query} what="inferences">
        {({ pages }) =>
          pages.every(({ items }) => items.length === 0) ? (
            <Empty title="No inference has been requested yet">
              A client requests one with “biodesci inference request”.
            </Empty>
          ) : (
            <ScrollRegion
              label="Inferences"
              className="rounded-2xl border border-line bg-surface shadow-card"
            >
              <table className="w-full text-left sm:min-w-2xl">
                <thead className="border-b border-line text-sm text-muted">
                  <tr>
                    <Head>Request</Head>
                    <Head wide>Model</Head>
                    <Head>State</Head>
                    <Head wide>Worker</Head>
                    <Head wide>Fee</Head>
                    <Head wide>Requested</Head>
                  </tr>
                </thead>
                <tbody>
                  {pages
                    .flatMap(({ items }) => items)
                    .map((one) => (
                      <tr key={one.id} className="border-b border-line last:border-0">
                        <th scope="row" className={`${CELL} font-medium`}>
                          <Link to={`/inferences/${one.id}`}>Inference {one.id}</Link>
                          <span className="block text-sm font-normal text-muted sm:hidden">
                            Model {one.modelId}, version {one.version}
                            <span className="block">Fee {price(one.fee, ETHER)}</span>
                          </span>
                        </th>
                        <td className={`${CELL} ${WIDE} whitespace-nowrap`}>
                          <Link to={`/models/${one.modelId}`}>Model {one.modelId}</Link>, version{' '}
                          {one.version}
                        </td>
                        <td className={CELL}>
                          <Badge tone={STATES[one.state].tone}>{STATES[one.state].name}</Badge>
                        </td>
                        <td className={`${CELL} ${WIDE}`}>
                          <Short
                            value={one.worker}
                            what="worker address"
                            place="address"
                            digits={4}
                          />
                        </td>
                        <td className={`${CELL} ${WIDE} whitespace-nowrap`}>
                          {price(one.fee, ETHER)}
                        </td>
                        <td className={`${CELL} ${WIDE} text-sm whitespace-nowrap text-muted`}>
                          {date(one.requestedAt)}
                        </td>
                      </tr>
                    ))}
                </tbody>
              </table>
            </ScrollRegion>
          )
        }
      </Loaded>
      {query.hasNextPage && (
        <Button
          look="secondary"
          onClick={() => void query.fetchNextPage()}
          busy={query.isFetchingNextPage}
        >
          Show more
        </Button>
      )}
    </Page>
  )
}

const CELL = 'px-3 py-3.5 sm:px-5'

/** Left out on a narrow screen: the request's own page has it. */
const WIDE = 'hidden sm:table-cell'

function Head({ wide = false, children }: { wide?: boolean; children: string }) {
  return (
    <th scope="col" className={`px-3 py-3 font-medium sm:px-5 ${wide ? WIDE : ''}`}>
      {children}
    </th>
  )
}
