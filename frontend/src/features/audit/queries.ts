import type { AuditEntry } from '@/generated/api'
import { usePages } from '@/lib/queries'

export type Group = 'datasets' | 'licences' | 'models' | 'inferences'

/** What a group of entries is about; the rounds are their model's. */
const KINDS: Record<Group, readonly AuditEntry['kind'][]> = {
  datasets: ['dataset'],
  licences: ['license'],
  models: ['model', 'round'],
  inferences: ['inference'],
}

/** Entries read at a time: a training run alone leaves a hundred. */
const LIMIT = 40

/** What happened to things of these groups, newest first; nothing is read without a group. */
export function useActivity(groups: readonly Group[]) {
  const kind = groups.flatMap((group) => KINDS[group])
  return usePages({
    key: ['activity', kind],
    path: '/v1/activity',
    given: { limit: LIMIT, kind },
    refresh: 5_000,
    enabled: groups.length > 0,
  })
}
