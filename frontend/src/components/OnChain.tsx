/**
 * What is inside may read the chain and use the wallet. Everything that does comes in chunks of its
 * own, after the first view.
 */
import type { ReactNode } from 'react'
import { defineChain } from 'viem'
import { createConfig, http, WagmiContext, type Config } from 'wagmi'
import { reconnect } from 'wagmi/actions'

import type { Deployment } from '@/lib/config'
import { useDeployment } from '@/lib/deployment'
import { throughWallet } from '@/lib/throughWallet'

/**
 * One wallet for the whole page, however many parts of it ask: made for this deployment, and made
 * anew only for another.
 */
let made: { of: string; config: Config } | undefined

function configFor(deployment: Deployment): Config {
  const of = `${deployment.chainId} ${deployment.network} ${deployment.rpcUrl}`
  if (made?.of !== of) {
    made = { of, config: walletConfig(deployment) }
    // A wallet that does not answer is as good as none: the person connects it by hand.
    reconnect(made.config).catch(() => undefined)
  }
  return made.config
}

/** Wallets announce themselves (EIP-6963); no connector is built in and no third party is asked. */
function walletConfig(deployment: Deployment): Config {
  const chain = defineChain({
    id: deployment.chainId,
    name: deployment.network === 'local' ? 'BioDeSci local chain' : deployment.network,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: deployment.rpcUrl === null ? [] : [deployment.rpcUrl] } },
    testnet: true,
  })
  const config: Config = createConfig({
    chains: [chain],
    transports: {
      [chain.id]:
        deployment.rpcUrl === null
          ? throughWallet(chain.id, () => config)
          : http(deployment.rpcUrl, { retryCount: 1, timeout: 10_000 }),
    },
    pollingInterval: 1_000,
  })
  return config
}

export function OnChain({ children }: { children: ReactNode }) {
  const config = configFor(useDeployment())
  return <WagmiContext.Provider value={config}>{children}</WagmiContext.Provider>
}
