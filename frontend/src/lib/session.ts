/**
 * Who has signed in at the API (EIP-4361), for what it shows to one account alone. The session is a
 * cookie that the page cannot read; the API says whose it is.
 */
import { useQuery, type QueryClient } from '@tanstack/react-query'

import type { Session } from '@/generated/api'

import { get, remove } from './api'

export const SESSION = '/v1/session'
const KEY = ['session']
const NOBODY: Session = { account: null, expiresAt: null }

export function useSession() {
  return useQuery({ queryKey: KEY, queryFn: ({ signal }) => get<Session>(SESSION, signal) })
}

export function signedIn(queries: QueryClient, session: Session): void {
  queries.setQueryData(KEY, session)
}

export async function signOut(queries: QueryClient): Promise<void> {
  await remove(SESSION)
  queries.setQueryData(KEY, NOBODY)
}
