import { usePages } from '@/lib/queries'

export function useDatasets() {
  return usePages({ key: ['datasets'], path: '/v1/datasets', given: {}, refresh: 5_000 })
}
