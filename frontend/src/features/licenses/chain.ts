/**
 * Licences as the chain has them. Lists come from the index plus what the chain logged since; a
 * state always comes from the contract.
 */
import { queryOptions, useQuery } from '@tanstack/react-query'
import { getAbiItem, getAddress, isAddressEqual, type Address } from 'viem'

import { AccessLicense, KeyRegistry, LicenseLens } from '@/generated/abi'
import type { LicensePage } from '@/generated/api'
import { get } from '@/lib/api'
import type { Deployment } from '@/lib/config'
import { ETHER } from '@/lib/currency'
import { useDeployment } from '@/lib/deployment'
import { readCurrency } from '@/lib/erc20'
import { useAnswer, usePages } from '@/lib/queries'
import type { Reader } from '@/lib/reader'
import { useReader } from '@/lib/useChain'

import { RIGHTS, type Right } from './rights'

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
  right: Right
  usesLeft: number
  price: bigint
  /** zero: ether */
  currency: Address
  /** Of the delivery, the dispute or the arbiter, by state; 0: there is none. */
  deadline: number
  expiresAt: number
  proRata: boolean
  /** Of a licence with `proRata`: what its owner was credited so far. */
  earned: bigint
  active: boolean
}

const PURCHASED = getAbiItem({ abi: AccessLicense, name: 'LicensePurchased' })
/** type(uint40).max: access without end */
export const NO_END = 2 ** 40 - 1
export async function readLicense(
  client: Reader,
  deployment: Deployment,
  id: bigint,
): Promise<License> {
  const { contracts } = deployment
  const at = { address: contracts.AccessLicense, abi: AccessLicense } as const
  const lens = { address: contracts.LicenseLens, abi: LicenseLens } as const
  const [license, active] = await Promise.all([
    client.readContract({ ...lens, functionName: 'licenseOf', args: [id] }),
    client.readContract({ ...at, functionName: 'isActive', args: [id] }),
  ])
  return {
    ...license,
    id,
    state: STATES[license.state] ?? 'none',
    right: RIGHTS[license.right] ?? 'none',
    active,
  }
}

/**
 * Ids that the index lists, and the first block that it has not read. With the index away there are
 * none, and the chain's log alone answers.
 */
export async function readIndexed(
  deployment: Deployment,
  whose: { licensee: Address } | { arbiter: Address },
  isWanted: (license: LicensePage['items'][number]) => boolean = () => true,
): Promise<{ ids: Set<bigint>; from: bigint }> {
  const ids = new Set<bigint>()
  let from = deployment.fromBlock
  try {
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: LicensePage = await get('/v1/licenses', { ...whose, cursor })
      for (const license of page.items.filter(isWanted)) ids.add(BigInt(license.id))
      from = BigInt(page.asOf) + 1n
      cursor = page.nextCursor
    }
  } catch {
    return { ids: new Set(), from: deployment.fromBlock }
  }
  return { ids, from }
}

/** Ids of the account's licences, newest first. */
export async function readLicenseIds(
  client: Reader,
  deployment: Deployment,
  account: Address,
): Promise<bigint[]> {
  const { ids, from } = await readIndexed(deployment, { licensee: getAddress(account) })
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

/** `usesLeft` of a licence whose uses are not counted: type(uint32).max. */
const NOT_COUNTED = 2 ** 32 - 1

export const isCounted = ({ usesLeft }: License): boolean => usesLeft !== NOT_COUNTED

/** Paid, and nothing was given for it yet. */
export const awaitsDelivery = ({ state }: License): boolean =>
  state === 'inReview' || state === 'purchased'

/** Without access for good: refunded, refused or revoked. */
export const hasEnded = ({ state }: License): boolean =>
  state === 'refunded' || state === 'rejected' || state === 'revoked'

/** Access was given, and is over: by time, or because all uses are spent. */
export function isOver(license: License, now: number): boolean {
  return isExpired(license, now) || isUsedUp(license)
}

export function isExpired({ state, expiresAt }: License, now: number): boolean {
  const given = state === 'delivered' || state === 'settled'
  return given && expiresAt !== NO_END && expiresAt <= now
}

export const isUsedUp = ({ state, usesLeft }: License): boolean =>
  state === 'settled' && usesLeft === 0

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
  return useAnswer({
    key: ['license', String(id)],
    path: '/v1/licenses/{id}',
    given: { id },
    refresh: 10_000,
  })
}

/** The licences sold for a dataset, newest first, as the index has them. */
export function useSold(datasetId: number, enabled: boolean) {
  return usePages({
    key: ['sold', datasetId],
    path: '/v1/licenses',
    given: { dataset: datasetId },
    refresh: 10_000,
    enabled,
  })
}

/** Whether the price of a licence is earned over time now, and a part of it still in escrow. */
export const earnsOverTime = ({ proRata, state }: License): boolean =>
  proRata && state === 'settled'

/**
 * What is earned over time may be nothing when a call is estimated, and something a block later:
 * amounts are then written for the first time, of two accounts and the licence.
 */
export const SPARE_GAS = 75_000n

/** The states in which a deadline, or what others took away, may bring the payment back. */
function mayComeBack(license: License): boolean {
  switch (license.state) {
    case 'inReview':
    case 'purchased':
    case 'disputed':
      return true
    case 'delivered':
      return license.right !== 'download'
    default:
      return earnsOverTime(license)
  }
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
    enabled: mayComeBack(license),
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
        address: deployment.contracts.LicenseLens,
        abi: LicenseLens,
        functionName: 'offerOf',
        args: [id],
      })
      return { ...offer, right: RIGHTS[offer.right] ?? 'none', open }
    },
    refetchInterval: 15_000,
  })
}

/** An offer as the contract has it; it never changes but from open to closed. */
export type ChainOffer = NonNullable<ReturnType<typeof useOffer>['data']>

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
