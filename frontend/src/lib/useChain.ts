import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { Address } from 'viem'
import { useClient, useConnection } from 'wagmi'

import { readerOf, type Reader } from '@/lib/reader'

import { useDeployment } from './deployment'

export function useReader(): Reader {
  const { chainId } = useDeployment()
  const client = useClient({ chainId })
  if (!client) throw new Error('no client for the chain of the deployment')
  return useMemo(() => readerOf(client), [client])
}

/**
 * The newest block: its number for "as of", its time for deadlines (the chain's clock counts, not
 * the browser's).
 */
export function useHead() {
  const client = useReader()
  return useQuery({
    queryKey: ['chain', 'head'],
    queryFn: async () => {
      const block = await client.getBlock()
      return { number: block.number, time: Number(block.timestamp) }
    },
    refetchInterval: 3_000,
  })
}

type Wallet =
  | { status: 'none' | 'connecting'; account?: undefined; chainId?: undefined }
  | { status: 'ready' | 'wrong-chain'; account: Address; chainId: number }

/** The connected account, or what stands between the person and it. */
export function useWallet(): Wallet {
  const { chainId } = useDeployment()
  const connection = useConnection()
  if (connection.status === 'connected')
    return {
      status: connection.chainId === chainId ? 'ready' : 'wrong-chain',
      account: connection.address,
      chainId: connection.chainId,
    }
  return { status: connection.status === 'disconnected' ? 'none' : 'connecting' }
}
