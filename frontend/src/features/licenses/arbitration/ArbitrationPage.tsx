/** The desk of an arbiter: to accept, to see what waits, to decide. */
import { Link } from 'react-router'
import type { Address } from 'viem'

import { Button } from '@/components/Button'
import { Card } from '@/components/Card'
import { FailureNotice } from '@/components/Notice'
import { OfWallet } from '@/components/OfWallet'
import { Empty, Loaded, Loading, Page } from '@/components/Page'
import { WriteRow } from '@/components/WriteRow'
import { AccessLicense } from '@/generated/abi'
import { useDeployment } from '@/lib/deployment'
import { relative } from '@/lib/format'
import { useHead, useReader } from '@/lib/useChain'
import { useTransact } from '@/lib/useTransact'
import { useWrite } from '@/lib/useWrite'

import type { License } from '../chain'
import { readIsArbiter, useIsArbiter } from './arbiter'
import { Decision } from './Decision'
import { useDisputesOf } from './disputes'

export default function ArbitrationPage() {
  return (
    <Page
      title="Disputes to decide"
      lead="An offer may name an arbiter: an account that decides who gets the payment when a licensee says that something is wrong."
    >
      <OfWallet
        title="Connect the wallet of the arbiter"
        says="Offers name an account; disputes come to it."
      >
        {(account) => <Desk account={account} />}
      </OfWallet>
    </Page>
  )
}

function Desk({ account }: { account: Address }) {
  const disputes = useDisputesOf(account)
  return (
    <>
      <Acceptance account={account} />
      <Loaded query={disputes} what="the disputes">
        {(list) =>
          list.length === 0 ? (
            <Empty title="No dispute waits for you">
              One appears here with the block that opens it.
            </Empty>
          ) : (
            <ul className="space-y-6">
              {list.map((license) => (
                <li key={String(license.id)}>
                  <Dispute license={license} account={account} />
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </>
  )
}

function Dispute({ license, account }: { license: License; account: Address }) {
  const now = useHead().data?.time ?? 0
  return (
    <Card
      title={<Link to={`/licenses/${license.id}`}>Licence {String(license.id)}</Link>}
      id={`dispute-${license.id}`}
      aside={license.deadline >= now ? `due ${relative(license.deadline, now)}` : 'too late'}
    >
      <Decision license={license} account={account} />
    </Card>
  )
}

function Acceptance({ account }: { account: Address }) {
  const client = useReader()
  const deployment = useDeployment()
  const transact = useTransact(account)
  const accepted = useIsArbiter(account)
  const change = useWrite((wanted: boolean, say) =>
    transact(
      {
        address: deployment.contracts.AccessLicense,
        abi: AccessLicense,
        functionName: 'acceptArbitration',
        args: [wanted],
      },
      async () => (await readIsArbiter(client, deployment, account)) === wanted,
      say,
    ),
  )
  return (
    <Card title={accepted.data ? 'You decide disputes' : 'Decide disputes'} id="acceptance">
      {accepted.data === undefined ? (
        accepted.error ? (
          <FailureNotice error={accepted.error} />
        ) : (
          <Loading what="whether you accepted" />
        )
      ) : (
        <div className="space-y-4">
          <p className="text-muted">
            {accepted.data
              ? 'Any owner can name your account in an offer, but not for a dataset that you own or hold a role for. If you withdraw, nothing more is sold with you as the arbiter; what was sold before still comes to you.'
              : 'Offers can name your account only once you accept here. You then have 30 days for each dispute; after that the payment goes back to the licensee. Nobody pays you for it here, and you cannot buy what you would judge.'}
          </p>
          <WriteRow write={change}>
            <Button
              look={accepted.data ? 'secondary' : 'primary'}
              onClick={() => change.start(!accepted.data)}
              busy={change.busy}
            >
              {accepted.data ? 'Accept no more' : 'Accept to decide disputes'}
            </Button>
          </WriteRow>
        </div>
      )}
    </Card>
  )
}
