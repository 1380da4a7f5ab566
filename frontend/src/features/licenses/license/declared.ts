/** What the licensee declared: DUO bits of the purpose, a disease, the hash of a research statement. */
import { useQuery } from '@tanstack/react-query'
import { getAbiItem, zeroHash, type Hex } from 'viem'

import { AccessLicense } from '@/generated/abi'
import { useDeployment } from '@/lib/deployment'
import { formatDisease } from '@/lib/disease'
import { useReader } from '@/lib/useChain'

import { useIndexed } from '../chain'

const PURCHASED = getAbiItem({ abi: AccessLicense, name: 'LicensePurchased' })
const DECLARED = getAbiItem({ abi: AccessLicense, name: 'PurposeDeclared' })

export interface Declaration {
  /** null: not known yet */
  purpose: bigint | null
  disease: string | null
  statement: Hex | null
}

/** From the chain's log; where the node does not search that far back, from the index. */
export function useDeclared(id: bigint): Declaration {
  const client = useReader()
  const deployment = useDeployment()
  const indexed = useIndexed(id).data
  const logged = useQuery({
    queryKey: ['chain', 'declared', String(id)],
    queryFn: async (): Promise<Declaration> => {
      const at = {
        address: deployment.contracts.AccessLicense,
        args: { licenseId: id },
        fromBlock: deployment.fromBlock,
      }
      const [[bought], [declared]] = await Promise.all([
        client.getLogs({ ...at, event: PURCHASED }),
        client.getLogs({ ...at, event: DECLARED }),
      ])
      const { disease, statement } = declared?.args ?? {}
      return {
        purpose: bought?.args.purpose ?? null,
        disease: disease ? formatDisease(disease) : null,
        statement: statement && statement !== zeroHash ? statement : null,
      }
    },
    staleTime: Infinity,
    retry: false,
  })
  return (
    logged.data ?? {
      purpose: indexed ? BigInt(indexed.purpose.bits) : null,
      disease: indexed?.disease ?? null,
      statement: (indexed?.statement ?? null) as Hex | null,
    }
  )
}
