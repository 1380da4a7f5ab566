/** What the contracts owe to an account, by currency: refunds, income, royalties of datasets that it passed on, fees of inferences. */
import { useQuery } from '@tanstack/react-query'
import { getAbiItem, getAddress, isAddressEqual, parseAbiItem, type Address } from 'viem'

import { useDeployment } from '@/app/deployment'
import { useReader } from '@/app/useChain'
import { AccessLicense, InferenceCommitment } from '@/generated/abi'
import type { DatasetAnswer, DatasetPage } from '@/generated/api'
import { get } from '@/lib/api'
import type { Deployment } from '@/lib/config'
import { ETHER } from '@/lib/currency'
import type { Reader } from '@/lib/reader'

import { readLicense, readLicenseIds } from './chain'

export type Source = 'licences' | 'inferences'

export interface Owed {
  source: Source
  currency: Address
  units: bigint
}

const RECEIVED = parseAbiItem('event Transfer(address indexed from, address indexed to, uint256 indexed tokenId)')
const OFFERED = getAbiItem({ abi: AccessLicense, name: 'OfferCreated' })

/** Of the offers for every dataset that the account ever had: who published one is paid a royalty long after it was passed on. */
async function readOffered(client: Reader, { contracts, fromBlock }: Deployment, account: Address): Promise<Address[]> {
  const received = await client.getLogs({ address: contracts.DatasetNFT, event: RECEIVED, args: { to: account }, fromBlock })
  const datasetId = [...new Set(received.map(({ args }) => args.tokenId).filter((id) => id !== undefined))]
  if (datasetId.length === 0) return []
  const offers = await client.getLogs({ address: contracts.AccessLicense, event: OFFERED, args: { datasetId }, fromBlock })
  return offers.map(({ args }) => args.offer?.currency).filter((currency) => currency !== undefined)
}

async function readIndexed(account: Address): Promise<Address[]> {
  const owned = await get<DatasetPage>(`/v1/datasets?owner=${getAddress(account)}&limit=100`)
  const details = await Promise.all(owned.items.map(({ id }) => get<DatasetAnswer>(`/v1/datasets/${id}`)))
  return details.flatMap(({ allOffers }) => allOffers.map(({ currency }) => (currency.address ?? ETHER.address) as Address))
}

async function readBought(client: Reader, deployment: Deployment, account: Address): Promise<Address[]> {
  const ids = await readLicenseIds(client, deployment, account)
  return (await Promise.all(ids.map((id) => readLicense(client, deployment, id)))).map(({ currency }) => currency)
}

interface Currencies {
  found: readonly Address[]
  /** False: the node does not search far enough back, and the index knows present owners only. */
  complete: boolean
}

async function readCurrencies(client: Reader, deployment: Deployment, account: Address): Promise<Currencies> {
  const [bought, offered, indexed] = await Promise.allSettled([readBought(client, deployment, account), readOffered(client, deployment, account), readIndexed(account)])
  const found = [bought, offered, indexed].flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
  return { found: [...new Set([ETHER.address, ...found.map((one) => getAddress(one))])], complete: bought.status === 'fulfilled' && offered.status === 'fulfilled' }
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
  const wanted = [...new Set([...(currencies.data?.found ?? []), ...besides])]
  const owed = useQuery({
    queryKey: ['chain', 'owed', account, wanted],
    enabled: currencies.data !== undefined,
    queryFn: async (): Promise<Owed[]> => {
      const asked = [...wanted.map((currency) => ({ source: 'licences' as const, currency })), { source: 'inferences' as const, currency: ETHER.address }]
      const all = await Promise.all(asked.map(async (one) => ({ ...one, units: await readOwed(client, deployment, account, one) })))
      return all.filter(({ units }) => units > 0n)
    },
    placeholderData: (before, query) => (query?.queryKey[2] === account ? before : undefined),
    refetchInterval: 5_000,
  })
  return { data: owed.data, complete: currencies.data?.complete ?? true, error: currencies.error ?? owed.error, refetch: () => Promise.all([currencies.refetch(), owed.refetch()]) }
}

export function readOwed(client: Reader, { contracts }: Deployment, account: Address, { source, currency }: Pick<Owed, 'source' | 'currency'>): Promise<bigint> {
  return source === 'licences'
    ? client.readContract({ address: contracts.AccessLicense, abi: AccessLicense, functionName: 'owed', args: [account, currency] })
    : client.readContract({ address: contracts.InferenceCommitment, abi: InferenceCommitment, functionName: 'owed', args: [account] })
}

export function isListed(currency: Address, owed: readonly Owed[]): boolean {
  return owed.some((one) => isAddressEqual(one.currency, currency))
}
