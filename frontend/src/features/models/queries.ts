import { useInfiniteQuery, useQueries, useQuery } from '@tanstack/react-query'

import type { ModelAnswer, ModelPage, RoundAnswer } from '@/generated/api'
import { get } from '@/lib/api'

const REFRESH = 4_000

export function useModels() {
  return useInfiniteQuery({
    queryKey: ['api', 'models'],
    queryFn: ({ pageParam, signal }) =>
      get<ModelPage>(
        `/v1/models${pageParam ? `?cursor=${encodeURIComponent(pageParam)}` : ''}`,
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    refetchInterval: REFRESH,
  })
}

export function useModel(id: string) {
  return useQuery({
    queryKey: ['api', 'model', id],
    queryFn: ({ signal }) => get<ModelAnswer>(`/v1/models/${encodeURIComponent(id)}`, signal),
    refetchInterval: REFRESH,
  })
}

export function useRounds(ids: readonly number[]) {
  return useQueries({
    queries: ids.map((id) => ({
      queryKey: ['api', 'round', id],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        get<RoundAnswer>(`/v1/rounds/${id}`, signal),
      refetchInterval: REFRESH,
    })),
  })
}
