/** Signing in, and what the account that did is shown. */
import { useQuery, type QueryClient } from '@tanstack/react-query'
import type { Address } from 'viem'
import type { Config } from 'wagmi'
import { signMessage } from 'wagmi/actions'

import { get, post } from '@/lib/api'
import { pause } from '@/lib/live'
import { signedIn } from '@/lib/session'
import type { Say } from '@/lib/useWrite'

const QUEUE = ['api', 'queue']

/** Nothing of it outlives what shows it. */
export function useQueue(account: Address) {
  return useQuery({
    queryKey: [...QUEUE, account],
    queryFn: ({ signal }) => get('/v1/me/queue', {}, signal),
    refetchInterval: () => pause(10_000),
    gcTime: 0,
  })
}

/** The wallet signs a message of the API's: no transaction, and nothing that costs. */
export async function signIn(
  queries: QueryClient,
  config: Config,
  account: Address,
  say: Say,
): Promise<void> {
  say('Asking for a message to sign…')
  const { message } = await post('/v1/session/message', { account })
  say('Waiting for your signature…')
  const signature = await signMessage(config, { account, message })
  say('Signing in…')
  signedIn(queries, await post('/v1/session', { message, signature }))
  // Where a session had run out, this says so no longer.
  void queries.resetQueries({ queryKey: QUEUE })
}
