import { BaseError, ContractFunctionRevertedError, type Address } from 'viem'

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

/**
 * One visa of each type that the offer asks for. Of several, as a passport may give them for several
 * datasets or values, the one that the contract takes for this dataset and that lasts longest; where
 * it takes none, the purchase says why of the one that lasts longest.
 */
export async function chooseVisas(
  client: Reader,
  deployment: Deployment,
  datasetId: bigint,
  account: Address,
  types: readonly number[],
  given: readonly SignedVisa[],
): Promise<SignedVisa[]> {
  const chosen: SignedVisa[] = []
  for (const type of types) {
    const candidates = given
      .filter(({ visa }) => visa.visaType === type)
      .toSorted((a, b) => b.visa.expires - a.visa.expires)
    const [longest, another] = candidates
    if (!longest) continue
    let taken = another ? undefined : longest
    for (const one of candidates) {
      if (taken) break
      try {
        await checkVisas(client, deployment, datasetId, account, 1 << type, [one])
        taken = one
      } catch (error) {
        if (!isRevert(error)) throw error
      }
    }
    chosen.push(taken ?? longest)
  }
  return chosen
}

/** Whether the contract refused, not its node. */
function isRevert(error: unknown): boolean {
  return (
    error instanceof BaseError &&
    error.walk((cause) => cause instanceof ContractFunctionRevertedError) !== null
  )
}
