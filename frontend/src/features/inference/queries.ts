import { useInfiniteQuery, useQuery } from '@tanstack/react-query'

import type { InferenceAnswer, InferencePage } from '@/generated/api'
import { get } from '@/lib/api'

const REFRESH = 4_000

export function useInferences() {
  return useInfiniteQuery({
    queryKey: ['api', 'inferences'],
    queryFn: ({ pageParam, signal }) =>
      get<InferencePage>(
        `/v1/inferences${pageParam ? `?cursor=${encodeURIComponent(pageParam)}` : ''}`,
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    refetchInterval: REFRESH,
  })
}

export function useInference(id: string) {
  return useQuery({
    queryKey: ['api', 'inference', id],
    queryFn: ({ signal }) =>
      get<InferenceAnswer>(`/v1/inferences/${encodeURIComponent(id)}`, signal),
    refetchInterval: REFRESH,
  })
}
