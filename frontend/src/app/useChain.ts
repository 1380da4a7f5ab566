import { useQuery } from '@tanstack/react-query'
import type { PublicClient } from 'viem'
import { useConnection, usePublicClient } from 'wagmi'

import { useDeployment } from './deployment'

export function useReader(): PublicClient {
  const { chainId } = useDeployment()
  const client = usePublicClient({ chainId })
  if (!client) throw new Error('no client for the chain of the deployment')
  return client as PublicClient
}

/** The newest block: its number for "as of", its time for deadlines (the chain's clock counts, not the browser's). */
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

/** The connected account, or what stands between the person and it. */
export function useWallet() {
  const { chainId } = useDeployment()
  const connection = useConnection()
  if (connection.status !== 'connected') return { status: connection.status === 'disconnected' ? ('none' as const) : ('connecting' as const) }
  return { status: connection.chainId === chainId ? ('ready' as const) : ('wrong-chain' as const), account: connection.address, chainId: connection.chainId }
}
