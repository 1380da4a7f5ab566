import { useQueries } from '@tanstack/react-query'

import { get } from '@/lib/api'
import { pause } from '@/lib/live'
import { useAnswer, usePages } from '@/lib/queries'

const REFRESH = 4_000

export function useModels() {
  return usePages({ key: ['models'], path: '/v1/models', given: {}, refresh: REFRESH })
}

export function useModel(id: string) {
  return useAnswer({
    key: ['model', id],
    path: '/v1/models/{id}',
    given: { id },
    refresh: REFRESH,
  })
}

export function useRounds(ids: readonly number[]) {
  return useQueries({
    queries: ids.map((id) => ({
      queryKey: ['api', 'round', id],
      queryFn: ({ signal }: { signal: AbortSignal }) => get('/v1/rounds/{id}', { id }, signal),
      refetchInterval: () => pause(REFRESH),
    })),
  })
}
