/** The deployment and the wallet configuration made from it, for every component. */
import { createContext, useContext } from 'react'
import { defineChain } from 'viem'
import { createConfig, http, type Config } from 'wagmi'

import type { Deployment } from '@/lib/config'

const DeploymentContext = createContext<Deployment | null>(null)

export const DeploymentProvider = DeploymentContext.Provider

export function useDeployment(): Deployment {
  const deployment = useContext(DeploymentContext)
  if (!deployment) throw new Error('useDeployment outside of its provider')
  return deployment
}

/** Wallets announce themselves (EIP-6963); no connector is built in and no third party is asked. */
export function walletConfig(deployment: Deployment): Config {
  const chain = defineChain({
    id: deployment.chainId,
    name: deployment.network === 'local' ? 'BioDeSci local chain' : deployment.network,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [deployment.rpcUrl] } },
    testnet: true,
  })
  return createConfig({
    chains: [chain],
    transports: { [chain.id]: http(deployment.rpcUrl, { retryCount: 1, timeout: 10_000 }) },
    pollingInterval: 1_000,
  })
}
