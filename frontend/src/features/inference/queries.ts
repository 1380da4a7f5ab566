import { useAnswer, usePages } from '@/lib/queries'

const REFRESH = 4_000

export function useInferences() {
  return usePages({ key: ['inferences'], path: '/v1/inferences', given: {}, refresh: REFRESH })
}

export function useInference(id: string) {
  return useAnswer({
    key: ['inference', id],
    path: '/v1/inferences/{id}',
    given: { id },
    refresh: REFRESH,
  })
}
