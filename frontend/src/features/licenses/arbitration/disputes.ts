/** Disputes that wait for an arbiter: from the index, and what the chain logged since. */
import { useQuery } from '@tanstack/react-query'
import {
  getAbiItem,
  getAddress,
  hexToString,
  isAddressEqual,
  zeroHash,
  type Address,
  type Hex,
} from 'viem'

import { AccessLicense, LicenseLens } from '@/generated/abi'
import type { Deployment } from '@/lib/config'
import { useDeployment } from '@/lib/deployment'
import type { Reader } from '@/lib/reader'
import { useReader } from '@/lib/useChain'

import { readIndexed, readLicense, type License } from '../chain'

const DISPUTED = getAbiItem({ abi: AccessLicense, name: 'LicenseDisputed' })

/** What the licensee said is wrong. */
export function useDispute(id: bigint) {
  const client = useReader()
  const { contracts, fromBlock } = useDeployment()
  return useQuery({
    queryKey: ['chain', 'dispute', String(id)],
    queryFn: async () => {
      const logs = await client.getLogs({
        address: contracts.AccessLicense,
        event: DISPUTED,
        args: { licenseId: id },
        fromBlock,
      })
      return { reason: readReason(logs.at(-1)?.args.reason) }
    },
    staleTime: Infinity,
  })
}

/** The open disputes that this account decides, the most urgent first. */
export function useDisputesOf(account: Address) {
  const client = useReader()
  const deployment = useDeployment()
  return useQuery({
    queryKey: ['chain', 'disputes', account],
    queryFn: () => readDisputes(client, deployment, account),
    refetchInterval: 10_000,
  })
}

async function readDisputes(
  client: Reader,
  deployment: Deployment,
  account: Address,
): Promise<License[]> {
  const { AccessLicense: address, LicenseLens: lens } = deployment.contracts
  const { ids, from } = await readIndexed(
    deployment,
    { arbiter: getAddress(account) },
    ({ state }) => state === 'disputed',
  )
  if ((await client.getBlockNumber({ cacheTime: 0 })) >= from) {
    const logs = await client.getLogs({ address, event: DISPUTED, fromBlock: from })
    for (const { args } of logs) if (args.licenseId !== undefined) ids.add(args.licenseId)
  }
  const mine = await Promise.all(
    [...ids].map(async (id) => {
      const license = await readLicense(client, deployment, id)
      if (license.state !== 'disputed') return []
      const [offer] = await client.readContract({
        address: lens,
        abi: LicenseLens,
        functionName: 'offerOf',
        args: [license.offerId],
      })
      return isAddressEqual(offer.arbiter, account) ? [license] : []
    }),
  )
  return mine.flat().toSorted((a, b) => a.deadline - b.deadline)
}

/** Anyone may write 32 bytes as a reason: what is no plain text is not shown as text. */
export function readReason(reason: Hex | undefined): string {
  if (!reason || reason === zeroHash) return ''
  const text = hexToString(reason, { size: 32 })
  return /^[\p{L}\p{N}\p{P} ]*$/u.test(text) ? text : reason
}
