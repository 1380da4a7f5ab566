/**
 * What waits for an account as the owner of datasets, as a member of a committee, as a custodian or
 * as an arbiter. The API shows it to that account alone, which signs in for it.
 */
import { useQueryClient } from '@tanstack/react-query'
import type { Address } from 'viem'
import { useConfig } from 'wagmi'

import { Button } from '@/components/Button'
import { Card } from '@/components/Card'
import { Notice } from '@/components/Notice'
import { OfWallet } from '@/components/OfWallet'
import { Loaded, Page } from '@/components/Page'
import { WriteRow } from '@/components/WriteRow'
import type { Session } from '@/generated/api'
import { Failure } from '@/lib/failure'
import { date } from '@/lib/format'
import { signOut, useSession } from '@/lib/session'
import { useWrite } from '@/lib/useWrite'

import { signIn, useQueue } from './queue'
import { Waiting } from './Waiting'

export default function WaitingPage() {
  return (
    <Page
      title="Waiting for me"
      lead="Purchases to decide on, deliveries that are due, and disputes, for the account that they wait for."
    >
      <OfWallet
        title="Connect a wallet to see what waits for it"
        says="Owners, their committees, custodians and arbiters have something here."
      >
        {(account) => <Account account={account} />}
      </OfWallet>
    </Page>
  )
}

function Account({ account }: { account: Address }) {
  const session = useSession()
  return (
    <Loaded query={session} what="whether you signed in">
      {(now) =>
        now.account?.toLowerCase() === account.toLowerCase() ? (
          <SignedIn account={account} session={now} />
        ) : (
          <SignIn account={account} />
        )
      }
    </Loaded>
  )
}

function SignedIn({ account, session }: { account: Address; session: Session }) {
  const queries = useQueryClient()
  const leave = useWrite(() => signOut(queries), { changes: [] })
  const queue = useQueue(account)
  // What was read before is not shown any more either.
  if (queue.error instanceof Failure && queue.error.kind === 'signed-out')
    return <SignIn account={account} ended={queue.error} />
  return (
    <div className="space-y-6">
      <div className="space-y-3">
        <WriteRow
          write={leave}
          idle={session.expiresAt ? `Signed in until ${date(session.expiresAt)}.` : ''}
        >
          <Button look="secondary" onClick={() => leave.start()} busy={leave.busy}>
            Sign out
          </Button>
        </WriteRow>
      </div>
      <Loaded query={queue} what="what waits for you">
        {(list) => <Waiting queue={list} />}
      </Loaded>
    </div>
  )
}

/** `ended`: there was a session, and it is over. */
function SignIn({ account, ended }: { account: Address; ended?: Failure }) {
  const queries = useQueryClient()
  const config = useConfig()
  const enter = useWrite((_: void, say) => signIn(queries, config, account, say), { changes: [] })
  return (
    <Card title="Sign in to see what waits for you" id="sign-in" className="space-y-4">
      {ended && !enter.busy && (
        <Notice tone="warn" title={ended.message}>
          {ended.hint}
        </Notice>
      )}
      <p className="text-muted">
        This list is shown to its account alone. Your wallet signs a message that names this site
        and this network: no transaction is sent, and nothing is paid.
      </p>
      <WriteRow write={enter}>
        <Button onClick={() => enter.start()} busy={enter.busy}>
          Sign in
        </Button>
      </WriteRow>
    </Card>
  )
}
