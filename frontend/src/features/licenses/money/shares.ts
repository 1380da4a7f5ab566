/** Of a price that is earned over time: whose it is so far. */
import { useQuery } from '@tanstack/react-query'

import { AccessLicense } from '@/generated/abi'
import type { Deployment } from '@/lib/config'
import { useDeployment } from '@/lib/deployment'
import type { Reader } from '@/lib/reader'
import { useReader } from '@/lib/useChain'

import { earnsOverTime, type License } from '../chain'

export interface Shares {
  /** Earned, and not credited yet. */
  toOwner: bigint
  /** Not earned. */
  toLicensee: bigint
}

/** Who would get what if the licence ended now. It changes from second to second. */
export function useShares(license: License) {
  const client = useReader()
  const deployment = useDeployment()
  return useQuery({
    queryKey: ['chain', 'shares', String(license.id)],
    enabled: earnsOverTime(license),
    queryFn: () => readShares(client, deployment, license.id),
    refetchInterval: 10_000,
  })
}

export async function readShares(
  client: Reader,
  { contracts }: Deployment,
  id: bigint,
): Promise<Shares> {
  const [toOwner, toLicensee] = await client.readContract({
    address: contracts.AccessLicense,
    abi: AccessLicense,
    functionName: 'sharesOf',
    args: [id],
  })
  return { toOwner, toLicensee }
}
