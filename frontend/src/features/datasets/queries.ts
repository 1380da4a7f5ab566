import { useInfiniteQuery, useQuery } from '@tanstack/react-query'

import type { DatasetAnswer, DatasetPage } from '@/generated/api'
import { get } from '@/lib/api'

const REFRESH = 5_000

export function useDatasets() {
  return useInfiniteQuery({
    queryKey: ['api', 'datasets'],
    queryFn: ({ pageParam, signal }) =>
      get<DatasetPage>(
        `/v1/datasets${pageParam ? `?cursor=${encodeURIComponent(pageParam)}` : ''}`,
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    refetchInterval: REFRESH,
  })
}

export function useDataset(id: string) {
  return useQuery({
    queryKey: ['api', 'dataset', id],
    queryFn: ({ signal }) => get<DatasetAnswer>(`/v1/datasets/${encodeURIComponent(id)}`, signal),
    refetchInterval: REFRESH,
  })
}
