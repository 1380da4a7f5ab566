import { useQuery } from '@tanstack/react-query'
import { useMemo, type ReactNode } from 'react'

import { ExplorerContextProvider } from '@/components/Explorer'
import { useDeployment } from '@/lib/deployment'

/**
 * A local chain has no explorer, whatever its number. The list is read only where this network may
 * be in it.
 */
export function ExplorerProvider({ children }: { children: ReactNode }) {
  const { network, chainId, contracts } = useDeployment()
  const local = network === 'local'
  const known = useQuery({
    queryKey: ['explorer', chainId],
    enabled: !local,
    queryFn: async () => (await import('@/generated/explorers')).explorers[chainId] ?? null,
    staleTime: Infinity,
  })
  const url = local ? null : (known.data ?? null)
  const explorer = useMemo(() => ({ url, contracts }), [url, contracts])
  return <ExplorerContextProvider value={explorer}>{children}</ExplorerContextProvider>
}
