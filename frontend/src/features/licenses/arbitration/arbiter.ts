/** Accounts that have said on chain that they decide disputes. */
import { useQuery } from '@tanstack/react-query'
import { zeroAddress, type Address } from 'viem'

import { AccessLicense } from '@/generated/abi'
import type { Deployment } from '@/lib/config'
import { useDeployment } from '@/lib/deployment'
import type { Reader } from '@/lib/reader'
import { useReader } from '@/lib/useChain'

/** Whether the account has said that it decides disputes. */
export function readIsArbiter(
  client: Reader,
  { contracts }: Deployment,
  account: Address,
): Promise<boolean> {
  return client.readContract({
    address: contracts.AccessLicense,
    abi: AccessLicense,
    functionName: 'isArbiter',
    args: [account],
  })
}

export function useIsArbiter(account: Address | undefined) {
  const client = useReader()
  const deployment = useDeployment()
  return useQuery({
    queryKey: ['chain', 'arbiter', account],
    enabled: account !== undefined && account !== zeroAddress,
    queryFn: () => readIsArbiter(client, deployment, account as Address),
    refetchInterval: 15_000,
  })
}
