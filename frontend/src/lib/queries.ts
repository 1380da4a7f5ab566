/** What pages read from the API: one answer, or a list that comes page by page. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'

import type { DatasetAnswer } from '@/generated/api'

import { get } from './api'
import { pause } from './live'

interface Question {
  /** Names the answer in the cache of queries. */
  key: readonly unknown[]
  /** With its filters, if it has any. */
  path: string
  /** How often it is asked again, in milliseconds. */
  refresh: number
  enabled?: boolean
}

export function useAnswer<Answer>({ key, path, refresh, enabled = true }: Question) {
  return useQuery({
    queryKey: ['api', ...key],
    enabled,
    queryFn: ({ signal }) => get<Answer>(path, signal),
    refetchInterval: () => pause(refresh),
  })
}

/** A list, newest first; `fetchNextPage` reads more of it. */
export function usePages<Page extends { nextCursor: string | null }>(question: Question) {
  const { key, path, refresh, enabled = true } = question
  return useInfiniteQuery({
    queryKey: ['api', ...key],
    enabled,
    queryFn: ({ pageParam, signal }) => get<Page>(withCursor(path, pageParam), signal),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    refetchInterval: () => pause(refresh),
  })
}

/** The path of a list from this cursor on; an empty cursor is its beginning. */
export function withCursor(path: string, cursor: string): string {
  if (cursor === '') return path
  return `${path}${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}`
}

export function useDataset(id: string) {
  return useAnswer<DatasetAnswer>({
    key: ['dataset', id],
    path: `/v1/datasets/${encodeURIComponent(id)}`,
    refresh: 5_000,
  })
}
