import type { InferenceAnswer, InferencePage } from '@/generated/api'
import { useAnswer, usePages } from '@/lib/queries'

const REFRESH = 4_000

export function useInferences() {
  return usePages<InferencePage>({ key: ['inferences'], path: '/v1/inferences', refresh: REFRESH })
}

export function useInference(id: string) {
  return useAnswer<InferenceAnswer>({
    key: ['inference', id],
    path: `/v1/inferences/${encodeURIComponent(id)}`,
    refresh: REFRESH,
  })
}
