import type { DatasetPage } from '@/generated/api'
import { usePages } from '@/lib/queries'

export function useDatasets() {
  return usePages<DatasetPage>({ key: ['datasets'], path: '/v1/datasets', refresh: 5_000 })
}
