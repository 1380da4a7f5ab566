/**
 * Which diseases a dataset's term DS permits: the card lists them, the chain holds the root that
 * the list must have.
 */
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { zeroHash, type Hex } from 'viem'

import { DatasetNFT } from '@/generated/abi'
import type { DatasetAnswer } from '@/generated/api'
import { permittedIn } from '@/lib/card'
import type { Deployment } from '@/lib/config'
import { useDeployment } from '@/lib/deployment'
import { formatDisease, growTree, isPermitted, type Tree } from '@/lib/disease'
import { Failure } from '@/lib/failure'
import type { Reader } from '@/lib/reader'
import { useReader } from '@/lib/useChain'

/** The root of the version that a purchase would be of; null: there is none. */
async function readRoot(
  client: Reader,
  { contracts }: Deployment,
  datasetId: bigint,
): Promise<Hex | null> {
  const at = { address: contracts.DatasetNFT, abi: DatasetNFT } as const
  const version = await client.readContract({
    ...at,
    functionName: 'latestVersion',
    args: [datasetId],
  })
  const { diseases } = await client.readContract({
    ...at,
    functionName: 'versionOf',
    args: [datasetId, version],
  })
  return diseases === zeroHash ? null : diseases
}

/** What came of the card's list: its tree is made in the background and compared with the root. */
type List = 'checking' | 'matches' | 'differs' | 'tooLong'

export interface Permitted {
  /** Of the dataset's latest version, on chain; null: the owner committed to no diseases. */
  root: Hex | null
  list: List
  /** Over the card's list, where that list has this root. */
  tree: (Tree & { size: number }) | null
}

export const NOTHING_PERMITTED: Permitted = { root: null, list: 'differs', tree: null }

export function usePermitted(dataset: DatasetAnswer, wanted: boolean) {
  const client = useReader()
  const deployment = useDeployment()
  const root = useQuery({
    queryKey: ['chain', 'diseases', dataset.id],
    queryFn: async () => ({
      root: wanted ? await readRoot(client, deployment, BigInt(dataset.id)) : null,
    }),
    refetchInterval: 15_000,
  })
  const known = root.data?.root
  const list = useList(dataset.card, known ?? null)
  const data: Permitted | undefined =
    known === undefined ? undefined : known === null ? NOTHING_PERMITTED : { root: known, ...list }
  return { data, error: root.error }
}

type Checked = Pick<Permitted, 'list' | 'tree'>
const CHECKING: Checked = { list: 'checking', tree: null }

/** Whether the card's list has this root. */
export function useList(card: unknown, root: Hex | null): Checked {
  const [checked, setChecked] = useState<{ of: unknown; root: Hex; found: Checked } | null>(null)
  useEffect(() => {
    if (root === null) return
    const stop = new AbortController()
    check(card, root, stop.signal).then(
      (found) => setChecked({ of: card, root, found }),
      () => undefined, // another card or root took its place
    )
    return () => stop.abort()
  }, [card, root])
  return checked?.of === card && checked?.root === root ? checked.found : CHECKING
}

async function check(card: unknown, root: Hex, signal: AbortSignal): Promise<Checked> {
  const listed = permittedIn(card)
  if (listed === null) return { list: 'tooLong', tree: null }
  const tree = await growTree(listed, signal)
  signal.throwIfAborted()
  return tree?.root === root
    ? { list: 'matches', tree: { ...tree, size: new Set(listed).size } }
    : { list: 'differs', tree: null }
}

/** Asked anew before anything is paid: a new version may permit other diseases. */
export async function checkDisease(
  client: Reader,
  deployment: Deployment,
  datasetId: bigint,
  disease: number,
  proof: readonly Hex[],
): Promise<void> {
  const root = await readRoot(client, deployment, datasetId)
  if (root === null || !isPermitted(root, disease, proof))
    throw new Failure(
      'evidence',
      `The owner has just changed which diseases are permitted, and ${formatDisease(disease)} is not shown to be one of them any more.`,
      'Nothing was sent. Reload the page to see what is permitted now.',
    )
}
