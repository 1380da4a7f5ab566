import { useQueries } from '@tanstack/react-query'

import type { ModelAnswer, ModelPage, RoundAnswer } from '@/generated/api'
import { get } from '@/lib/api'
import { useAnswer, usePages } from '@/lib/queries'

const REFRESH = 4_000

export function useModels() {
  return usePages<ModelPage>({ key: ['models'], path: '/v1/models', refresh: REFRESH })
}

export function useModel(id: string) {
  return useAnswer<ModelAnswer>({
    key: ['model', id],
    path: `/v1/models/${encodeURIComponent(id)}`,
    refresh: REFRESH,
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
