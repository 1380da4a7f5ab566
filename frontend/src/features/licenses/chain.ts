/**
 * Licences as the chain has them. Lists come from the index plus what the chain logged since; a
 * state always comes from the contract.
 */
import { queryOptions, useQuery } from '@tanstack/react-query'
import { getAddress, isAddressEqual, parseAbiItem, type Address } from 'viem'

import { AccessLicense, DatasetNFT, KeyRegistry } from '@/generated/abi'
import type { LicenseAnswer, LicensePage } from '@/generated/api'
import { get } from '@/lib/api'
import type { Deployment } from '@/lib/config'
import { ETHER } from '@/lib/currency'
import { useDeployment } from '@/lib/deployment'
import { readCurrency } from '@/lib/erc20'
import { useAnswer, usePages, withCursor } from '@/lib/queries'
import type { Reader } from '@/lib/reader'
import { useReader } from '@/lib/useChain'

export const STATES = [
  'none',
  'inReview',
  'purchased',
  'delivered',
  'settled',
  'disputed',
  'refunded',
  'rejected',
  'revoked',
] as const
export type State = (typeof STATES)[number]

export interface License {
  id: bigint
  offerId: bigint
  datasetId: bigint
  licensee: Address
  version: number
  state: State
  right: number
  usesLeft: number
  price: bigint
  /** zero: ether */
  currency: Address
  deadline: number
  expiresAt: number
  purpose: bigint
  proRata: boolean
  active: boolean
}

const PURCHASED = parseAbiItem(
  'event LicensePurchased(uint256 indexed licenseId, uint256 indexed datasetId, address indexed licensee, uint256 offerId, uint32 version, uint64 purpose, bool needsReview)',
)
/** type(uint40).max: access without end */
export const NO_END = 2 ** 40 - 1
/** type(uint32).max: uses are not counted */
export const NOT_COUNTED = 2 ** 32 - 1

export async function readLicense(
  client: Reader,
  deployment: Deployment,
  id: bigint,
): Promise<License> {
  const at = { address: deployment.contracts.AccessLicense, abi: AccessLicense } as const
  const [license, active] = await Promise.all([
    client.readContract({ ...at, functionName: 'licenseOf', args: [id] }),
    client.readContract({ ...at, functionName: 'isActive', args: [id] }),
  ])
  return { ...license, id, state: STATES[license.state] ?? 'none', active }
}

/** Ids of the account's licences, newest first. With the index away the chain alone answers. */
export async function readLicenseIds(
  client: Reader,
  deployment: Deployment,
  account: Address,
): Promise<bigint[]> {
  const ids = new Set<bigint>()
  let from = deployment.fromBlock
  try {
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: LicensePage = await get<LicensePage>(
        withCursor(`/v1/licenses?licensee=${getAddress(account)}`, cursor),
      )
      for (const license of page.items) ids.add(BigInt(license.id))
      from = BigInt(page.asOf) + 1n
      cursor = page.nextCursor
    }
  } catch {
    ids.clear()
    from = deployment.fromBlock
  }
  if ((await client.getBlockNumber({ cacheTime: 0 })) >= from) {
    const logs = await client.getLogs({
      address: deployment.contracts.AccessLicense,
      event: PURCHASED,
      args: { licensee: account },
      fromBlock: from,
    })
    for (const log of logs) if (log.args.licenseId !== undefined) ids.add(log.args.licenseId)
  }
  return [...ids].toSorted((a, b) => (a < b ? 1 : -1))
}

const UNDER_WAY: ReadonlySet<State> = new Set(['inReview', 'purchased', 'delivered', 'disputed'])

const CURRENT: ReadonlySet<State> = new Set([
  'inReview',
  'purchased',
  'delivered',
  'settled',
  'disputed',
])

/** A licence that makes another purchase of the same offer pointless. */
export function holds(license: License, offerId: bigint): boolean {
  return (
    license.offerId === offerId &&
    CURRENT.has(license.state) &&
    (license.active || license.expiresAt === 0 || license.state === 'disputed')
  )
}

export function useLicense(id: bigint) {
  const client = useReader()
  const deployment = useDeployment()
  return useQuery({
    queryKey: ['chain', 'license', String(id)],
    queryFn: () => readLicense(client, deployment, id),
    refetchInterval: ({ state }) =>
      !state.data || UNDER_WAY.has(state.data.state) ? 1_500 : 10_000,
  })
}

export function useMyLicenses(account: Address | undefined) {
  const client = useReader()
  const deployment = useDeployment()
  return useQuery({
    queryKey: ['chain', 'licenses', account],
    enabled: account !== undefined,
    queryFn: async () => {
      const ids = account ? await readLicenseIds(client, deployment, account) : []
      return Promise.all(ids.map((id) => readLicense(client, deployment, id)))
    },
    refetchInterval: 5_000,
  })
}

/**
 * What the index knows besides: who owns the dataset, when the key was delivered, which visas were
 * shown.
 */
export function useIndexed(id: bigint) {
  return useAnswer<LicenseAnswer>({
    key: ['license', String(id)],
    path: `/v1/licenses/${id}`,
    refresh: 10_000,
  })
}

/** The licences sold for a dataset, newest first, as the index has them. */
export function useSold(datasetId: number, enabled: boolean) {
  return usePages<LicensePage>({
    key: ['sold', datasetId],
    path: `/v1/licenses?dataset=${datasetId}`,
    refresh: 10_000,
    enabled,
  })
}

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

/** What an owner who revoked the licence now would pay back. It falls from second to second. */
export function useRefundDue(license: License) {
  const client = useReader()
  const deployment = useDeployment()
  return useQuery({
    queryKey: ['chain', 'refundDue', String(license.id)],
    enabled: license.proRata && license.state === 'settled',
    queryFn: () => readRefundDue(client, deployment, license.id),
    refetchInterval: 10_000,
  })
}

export function readRefundDue(client: Reader, deployment: Deployment, id: bigint): Promise<bigint> {
  return client.readContract({
    address: deployment.contracts.AccessLicense,
    abi: AccessLicense,
    functionName: 'refundDue',
    args: [id],
  })
}

/**
 * Whether `refund` would go through now: a deadline may have passed, consent been withdrawn, a visa
 * lapsed.
 */
export function useRefundable(license: License, account: Address) {
  const client = useReader()
  const deployment = useDeployment()
  return useQuery({
    queryKey: ['chain', 'refundable', String(license.id), account],
    enabled:
      license.state === 'inReview' || license.state === 'purchased' || license.state === 'disputed',
    queryFn: () =>
      client
        .simulateContract({
          address: deployment.contracts.AccessLicense,
          abi: AccessLicense,
          functionName: 'refund',
          args: [license.id],
          account,
        })
        .then(
          () => true,
          () => false,
        ),
    refetchInterval: 3_000,
  })
}

export function useCurrency(address: Address) {
  const client = useReader()
  return useQuery({
    queryKey: ['chain', 'currency', address],
    queryFn: () => readCurrency(client, address),
    staleTime: Infinity,
    ...(isAddressEqual(address, ETHER.address) ? { initialData: ETHER } : {}),
  })
}

export function useOffer(id: bigint) {
  const client = useReader()
  const deployment = useDeployment()
  return useQuery({
    queryKey: ['chain', 'offer', String(id)],
    queryFn: async () => {
      const [offer, open] = await client.readContract({
        address: deployment.contracts.AccessLicense,
        abi: AccessLicense,
        functionName: 'offerOf',
        args: [id],
      })
      return { ...offer, open }
    },
    refetchInterval: 15_000,
  })
}

export function registeredKey(client: Reader, deployment: Deployment, account: Address) {
  return queryOptions({
    queryKey: ['chain', 'key', account],
    queryFn: () =>
      client.readContract({
        address: deployment.contracts.KeyRegistry,
        abi: KeyRegistry,
        functionName: 'keyOf',
        args: [account],
      }),
    refetchInterval: 10_000,
  })
}
