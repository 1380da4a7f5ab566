/** Which diseases a dataset's term DS permits: the card lists them, the chain holds the root that the list must have. */
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { zeroHash, type Hex } from 'viem'

import { useDeployment } from '@/app/deployment'
import { useReader } from '@/app/useChain'
import { DatasetNFT } from '@/generated/abi'
import type { DatasetAnswer } from '@/generated/api'
import type { Deployment } from '@/lib/config'
import { formatDisease, isPermitted, listedIn, treeOf, type Tree } from '@/lib/disease'
import { Failure } from '@/lib/failure'
import type { Reader } from '@/lib/reader'

/** The root of the version that a purchase would be of; null: there is none. */
async function readRoot(client: Reader, { contracts }: Deployment, datasetId: bigint): Promise<Hex | null> {
  const at = { address: contracts.DatasetNFT, abi: DatasetNFT } as const
  const version = await client.readContract({ ...at, functionName: 'latestVersion', args: [datasetId] })
  const { diseases } = await client.readContract({ ...at, functionName: 'versionOf', args: [datasetId, version] })
  return diseases === zeroHash ? null : diseases
}

export interface Permitted {
  /** Of the dataset's latest version, on chain; null: the owner committed to no diseases. */
  root: Hex | null
  /** Over the card's list, where that list has this root. */
  tree: (Tree & { size: number }) | null
}

export const NOTHING_PERMITTED: Permitted = { root: null, tree: null }

export function usePermitted(dataset: DatasetAnswer, wanted: boolean) {
  const client = useReader()
  const deployment = useDeployment()
  const root = useQuery({
    queryKey: ['chain', 'diseases', dataset.id],
    queryFn: async () => ({ root: wanted ? await readRoot(client, deployment, BigInt(dataset.id)) : null }),
    refetchInterval: 15_000,
  })
  const known = root.data?.root
  const tree = useMemo(() => {
    const listed = known ? listedIn(dataset.card) : []
    const found = treeOf(listed)
    return found && found.root === known ? { ...found, size: new Set(listed).size } : null
  }, [known, dataset.card])
  const data: Permitted | undefined = known === undefined ? undefined : { root: known, tree }
  return { data, error: root.error }
}

/** Asked anew before anything is paid: a new version may permit other diseases. */
export async function checkDisease(client: Reader, deployment: Deployment, datasetId: bigint, disease: number, proof: readonly Hex[]): Promise<void> {
  const root = await readRoot(client, deployment, datasetId)
  if (root === null || !isPermitted(root, disease, proof))
    throw new Failure('evidence', `The owner has just changed which diseases are permitted, and ${formatDisease(disease)} is not shown to be one of them any more.`, 'Nothing was sent. Reload the page to see what is permitted now.')
}
