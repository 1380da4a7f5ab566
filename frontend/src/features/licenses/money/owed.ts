/**
 * What the contracts owe to an account, by currency: refunds, income, royalties of datasets that it
 * passed on, fees of inferences.
 */
import { useQuery } from '@tanstack/react-query'
import { getAbiItem, getAddress, isAddressEqual, parseAbiItem, type Address } from 'viem'

import { AccessLicense, InferenceCommitment } from '@/generated/abi'
import { get } from '@/lib/api'
import type { Deployment } from '@/lib/config'
import { ETHER } from '@/lib/currency'
import { useDeployment } from '@/lib/deployment'
import type { Reader } from '@/lib/reader'
import { useReader } from '@/lib/useChain'

import { readLicense, readLicenseIds } from '../chain'

export type Source = 'licences' | 'inferences'

export interface Owed {
  source: Source
  currency: Address
  units: bigint
}

const RECEIVED = parseAbiItem(
  'event Transfer(address indexed from, address indexed to, uint256 indexed tokenId)',
)
const OFFERED = getAbiItem({ abi: AccessLicense, name: 'OfferCreated' })

/**
 * Of the offers for every dataset that the account ever had: who published one is paid a royalty
 * long after it was passed on.
 */
async function readOffered(
  client: Reader,
  { contracts, fromBlock }: Deployment,
  account: Address,
): Promise<Address[]> {
  const received = await client.getLogs({
    address: contracts.DatasetNFT,
    event: RECEIVED,
    args: { to: account },
    fromBlock,
  })
  const datasetId = [
    ...new Set(received.map(({ args }) => args.tokenId).filter((id) => id !== undefined)),
  ]
  if (datasetId.length === 0) return []
  const offers = await client.getLogs({
    address: contracts.AccessLicense,
    event: OFFERED,
    args: { datasetId },
    fromBlock,
  })
  return offers.map(({ args }) => args.offer?.currency).filter((currency) => currency !== undefined)
}

async function readIndexed(account: Address): Promise<Address[]> {
  const owned = await get('/v1/datasets', { owner: getAddress(account), limit: 100 })
  const details = await fewAtATime(owned.items, ({ id }) => get('/v1/datasets/{id}', { id }))
  return valuesOf(details).flatMap(({ allOffers }) =>
    allOffers.map(({ currency }) => (currency.address ?? ETHER.address) as Address),
  )
}

async function readBought(
  client: Reader,
  deployment: Deployment,
  account: Address,
): Promise<PromiseSettledResult<Address>[]> {
  const ids = await readLicenseIds(client, deployment, account)
  return fewAtATime(ids, async (id) => (await readLicense(client, deployment, id)).currency)
}

interface Currencies {
  /**
   * The account's own choice, by what it bought, comes first; then what its datasets were offered
   * in most often.
   */
  found: readonly Address[]
  /** False: the node does not search far enough back, and the index knows present owners only. */
  complete: boolean
}

export async function readCurrencies(
  client: Reader,
  deployment: Deployment,
  account: Address,
): Promise<Currencies> {
  const [bought, offered] = await Promise.allSettled([
    readBought(client, deployment, account),
    readOffered(client, deployment, account),
  ])
  const of = bought.status === 'fulfilled' ? bought.value : []
  const instead =
    offered.status === 'fulfilled' ? offered.value : await readIndexed(account).catch(() => [])
  return {
    found: [...new Set([ETHER.address, ...mostFrequent(valuesOf(of)), ...mostFrequent(instead)])],
    complete:
      bought.status === 'fulfilled' &&
      of.every(({ status }) => status === 'fulfilled') &&
      offered.status === 'fulfilled',
  }
}

function mostFrequent(currencies: readonly Address[]): Address[] {
  const times = new Map<Address, number>()
  for (const currency of currencies.map((one) => getAddress(one)))
    times.set(currency, (times.get(currency) ?? 0) + 1)
  return [...times].toSorted(([, a], [, b]) => b - a).map(([currency]) => currency)
}

/** Public nodes count the calls of a visitor. */
const AT_ONCE = 10

async function fewAtATime<T, R>(
  all: readonly T[],
  ask: (one: T) => Promise<R>,
): Promise<PromiseSettledResult<R>[]> {
  const answers: PromiseSettledResult<R>[] = []
  for (let i = 0; i < all.length; i += AT_ONCE)
    answers.push(...(await Promise.allSettled(all.slice(i, i + AT_ONCE).map(ask))))
  return answers
}

function valuesOf<R>(settled: readonly PromiseSettledResult<R>[]): R[] {
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
}

/**
 * A later owner can offer a dataset in as many tokens as there are: so many are read, the rest when
 * the person names them.
 */
export const MOST_READ = 100

const MANY = 20

/** In milliseconds. */
export const paceOf = (currencies: number): number => (currencies > MANY ? 30_000 : 5_000)

/** Ether first, then what the person named, then the others as far as they are read. */
export function choose(
  found: readonly Address[],
  besides: readonly Address[],
): { wanted: Address[]; left: number } {
  const named = [...new Set([ETHER.address, ...besides])]
  const others = found.filter((one) => !named.includes(one))
  return {
    wanted: [...named, ...others.slice(0, MOST_READ)],
    left: Math.max(0, others.length - MOST_READ),
  }
}

interface Balances {
  owed: Owed[]
  /** How many currencies did not answer; what they hold is not in `owed`. */
  unread: number
}

/** What did not answer hides nothing of what did. */
export async function readBalances(
  client: Reader,
  deployment: Deployment,
  account: Address,
  wanted: readonly Address[],
): Promise<Balances> {
  const asked = [
    { source: 'inferences' as const, currency: ETHER.address },
    ...wanted.map((currency) => ({ source: 'licences' as const, currency })),
  ]
  const answers = await fewAtATime(asked, async (one) => ({
    ...one,
    units: await readOwed(client, deployment, account, one),
  }))
  const failed = answers.filter((one) => one.status === 'rejected')
  if (failed.length === answers.length) throw failed[0]?.reason
  return { owed: valuesOf(answers).filter(({ units }) => units > 0n), unread: failed.length }
}

/** `besides`: tokens that the person named. */
export function useOwed(account: Address, besides: readonly Address[] = []) {
  const client = useReader()
  const deployment = useDeployment()
  const currencies = useQuery({
    queryKey: ['chain', 'currencies', account],
    queryFn: () => readCurrencies(client, deployment, account),
    refetchInterval: 30_000,
  })
  const { wanted, left } = choose(currencies.data?.found ?? [], besides)
  const owed = useQuery({
    queryKey: ['chain', 'owed', account, wanted],
    enabled: currencies.data !== undefined,
    queryFn: () => readBalances(client, deployment, account, wanted),
    placeholderData: (before, query) => (query?.queryKey[2] === account ? before : undefined),
    refetchInterval: paceOf(wanted.length),
  })
  const unread = owed.data?.unread ?? 0
  const complete = currencies.data?.complete ?? true
  return {
    data: owed.data?.owed,
    unread,
    left,
    complete,
    incomplete: unread > 0 || left > 0 || !complete,
    dataUpdatedAt: owed.data ? owed.dataUpdatedAt : 0,
    error: currencies.error ?? owed.error,
    isFetching: currencies.isFetching || owed.isFetching,
    isPending: owed.data === undefined,
    refetch: () => Promise.all([currencies.refetch(), owed.refetch()]),
  }
}

export function readOwed(
  client: Reader,
  { contracts }: Deployment,
  account: Address,
  { source, currency }: Pick<Owed, 'source' | 'currency'>,
): Promise<bigint> {
  return source === 'licences'
    ? client.readContract({
        address: contracts.AccessLicense,
        abi: AccessLicense,
        functionName: 'owed',
        args: [account, currency],
      })
    : client.readContract({
        address: contracts.InferenceCommitment,
        abi: InferenceCommitment,
        functionName: 'owed',
        args: [account],
      })
}

export function isListed(currency: Address, owed: readonly Owed[]): boolean {
  return owed.some((one) => isAddressEqual(one.currency, currency))
}
