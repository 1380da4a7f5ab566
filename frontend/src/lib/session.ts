/**
 * Who has signed in at the API (EIP-4361), for what it shows to one account alone. The session is a
 * cookie that the page cannot read; the API says whose it is.
 */
import { useQuery, type QueryClient } from '@tanstack/react-query'

import type { Session } from '@/generated/api'

import { get, remove } from './api'

const KEY = ['session']
const NOBODY: Session = { account: null, expiresAt: null }

export function useSession() {
  return useQuery({ queryKey: KEY, queryFn: ({ signal }) => get('/v1/session', {}, signal) })
}

export function signedIn(queries: QueryClient, session: Session): void {
  queries.setQueryData(KEY, session)
}

export async function signOut(queries: QueryClient): Promise<void> {
  await remove('/v1/session')
  queries.setQueryData(KEY, NOBODY)
}
