/** What pages read from the API: one answer, or a list that comes page by page. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'

import { get, type Answer, type Given, type Path } from './api'
import { pause } from './live'

interface Question<P extends Path> {
  /** Names the answer in the cache of queries. */
  key: readonly unknown[]
  path: P
  /** What stands in the path, and the query. */
  given: Given<P>
  /** How often it is asked again, in milliseconds, where news of the index are not heard. */
  refresh: number
  enabled?: boolean
}

export function useAnswer<P extends Path>({
  key,
  path,
  given,
  refresh,
  enabled = true,
}: Question<P>) {
  return useQuery({
    queryKey: ['api', ...key],
    enabled,
    queryFn: ({ signal }) => get(path, given, signal),
    refetchInterval: () => pause(refresh),
  })
}

interface Page {
  nextCursor: string | null
}

/** The addresses of lists. */
export type List = { [P in Path]: Answer<P> extends Page ? P : never }[Path]

/** A list, newest first; `fetchNextPage` reads more of it. */
export function usePages<P extends List>(question: Question<P>) {
  const { key, path, given, refresh, enabled = true } = question
  return useInfiniteQuery({
    queryKey: ['api', ...key],
    enabled,
    queryFn: ({ pageParam, signal }) => get(path, { ...given, cursor: pageParam }, signal),
    initialPageParam: '',
    getNextPageParam: (page: Page) => page.nextCursor ?? undefined,
    refetchInterval: () => pause(refresh),
  })
}

export function useDataset(id: string) {
  return useAnswer({
    key: ['dataset', id],
    path: '/v1/datasets/{id}',
    given: { id },
    refresh: 5_000,
  })
}
