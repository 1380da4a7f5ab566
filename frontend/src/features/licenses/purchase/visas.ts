import type { Address } from 'viem'

import { AccessLicense, DatasetNFT, VisaRegistry } from '@/generated/abi'
import type { Deployment } from '@/lib/config'
import type { Reader } from '@/lib/reader'
import type { SignedVisa } from '@/lib/visa'

/**
 * What the purchase would ask of the visas, asked beforehand: issuers trusted by the owner,
 * signatures, revocations, values. Throws as the contract reverts.
 */
export async function checkVisas(
  client: Reader,
  { contracts }: Deployment,
  datasetId: bigint,
  account: Address,
  types: number,
  visas: readonly SignedVisa[],
): Promise<void> {
  const [owner, grant] = await Promise.all([
    client.readContract({
      address: contracts.DatasetNFT,
      abi: DatasetNFT,
      functionName: 'ownerOf',
      args: [datasetId],
    }),
    client.readContract({
      address: contracts.AccessLicense,
      abi: AccessLicense,
      functionName: 'grantOf',
      args: [datasetId],
    }),
  ])
  await client.readContract({
    address: contracts.VisaRegistry,
    abi: VisaRegistry,
    functionName: 'check',
    args: [{ owner, datasetId, grant, subject: account, types }, visas],
  })
}
