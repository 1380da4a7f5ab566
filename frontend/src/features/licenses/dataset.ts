/** What the chain says now of a dataset whose licences are sold: who decides, and which version it is. */
import { useQuery } from '@tanstack/react-query'
import type { Address } from 'viem'

import { DatasetNFT } from '@/generated/abi'
import { useDeployment } from '@/lib/deployment'
import { useReader } from '@/lib/useChain'

export function useDatasetOwner(datasetId: bigint) {
  const client = useReader()
  const deployment = useDeployment()
  return useQuery({
    queryKey: ['chain', 'owner', String(datasetId)],
    queryFn: () =>
      client.readContract({
        address: deployment.contracts.DatasetNFT,
        abi: DatasetNFT,
        functionName: 'ownerOf',
        args: [datasetId],
      }),
    refetchInterval: 30_000,
  })
}

/** In the order of `Role` in contracts/interfaces/IDatasetNFT.sol. */
const COMMITTEE = 2

/** Whether the account decides on purchases in review: as the owner, or in a role that it accepted. */
export function useIsCommittee(datasetId: bigint, account: Address | undefined) {
  const client = useReader()
  const deployment = useDeployment()
  return useQuery({
    queryKey: ['chain', 'committee', String(datasetId), account],
    enabled: account !== undefined,
    queryFn: () =>
      client.readContract({
        address: deployment.contracts.DatasetNFT,
        abi: DatasetNFT,
        functionName: 'hasRole',
        args: [datasetId, COMMITTEE, account as Address],
      }),
    refetchInterval: 30_000,
  })
}

/** The version of a dataset that is sold now. */
export function useLatestVersion(datasetId: bigint) {
  const client = useReader()
  const deployment = useDeployment()
  return useQuery({
    queryKey: ['chain', 'latest', String(datasetId)],
    queryFn: () =>
      client.readContract({
        address: deployment.contracts.DatasetNFT,
        abi: DatasetNFT,
        functionName: 'latestVersion',
        args: [datasetId],
      }),
    refetchInterval: 10_000,
  })
}
