/** What the page must know of its deployment; it comes from the API, nothing of it is built in. */
import type { Address } from 'viem'

import { get } from './api'
import { Failure } from './failure'

export type ContractName =
  | 'DatasetNFT'
  | 'AccessLicense'
  | 'ModelRegistry'
  | 'InferenceCommitment'
  | 'KeyRegistry'
  | 'VisaRegistry'
  | 'LicenseLens'

export interface Deployment {
  network: string
  version: string
  chainId: number
  /** Of a node for browsers; null: the chain is read through the visitor's wallet. */
  rpcUrl: string | null
  gatewayUrl: string
  /** Addresses of issuers that make visas of GA4GH passports. */
  visaIssuers: readonly string[]
  fromBlock: bigint
  contracts: Record<ContractName, Address>
}

const isAddress = (value: string): value is Address => /^0x[0-9a-fA-F]{40}$/.test(value)

export async function loadDeployment(signal?: AbortSignal): Promise<Deployment> {
  const config = await get('/v1/config', {}, signal)
  const address = (name: ContractName): Address => {
    const value = config.contracts[name]
    if (!value || !isAddress(value))
      throw new Failure(
        'bug',
        `The API names no ${name} contract.`,
        'The contracts are not deployed on this network, or the API is older than the page.',
      )
    return value
  }
  return {
    network: config.network,
    version: config.version,
    chainId: config.chainId,
    rpcUrl: config.rpcUrl,
    gatewayUrl: config.ipfsGatewayUrl.replace(/\/+$/, ''),
    visaIssuers: config.visaIssuers,
    fromBlock: BigInt(config.deploymentBlock),
    contracts: {
      DatasetNFT: address('DatasetNFT'),
      AccessLicense: address('AccessLicense'),
      ModelRegistry: address('ModelRegistry'),
      InferenceCommitment: address('InferenceCommitment'),
      KeyRegistry: address('KeyRegistry'),
      VisaRegistry: address('VisaRegistry'),
      LicenseLens: address('LicenseLens'),
    },
  }
}
