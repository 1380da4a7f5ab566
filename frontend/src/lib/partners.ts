/**
 * Which servers have a dataset's private file, as a server of it named them: kept in this browser,
 * to be offered when the owner's is away.
 */
import type { Deployment } from './config'
import { isOrigin } from './origin'

const place = ({ chainId, contracts }: Deployment, datasetId: bigint) =>
  `biodesci.partners.${chainId}.${contracts.DatasetNFT}.${datasetId}`

export function rememberPartners(on: Deployment, datasetId: bigint, origins: string[]): void {
  if (origins.length === 0) return
  try {
    localStorage.setItem(place(on, datasetId), JSON.stringify(origins))
  } catch {
    // A browser that keeps nothing: they are typed.
  }
}

export function knownPartners(on: Deployment, datasetId: bigint): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(place(on, datasetId)) ?? '[]')
    return Array.isArray(kept) ? kept.filter(isOrigin) : []
  } catch {
    return []
  }
}
