/**
 * The deployment, for every component. What talks to its chain is in chain.ts, which is loaded
 * after the first view.
 */
import { createContext, useContext } from 'react'

import type { Deployment } from '@/lib/config'

const DeploymentContext = createContext<Deployment | null>(null)

export const DeploymentProvider = DeploymentContext.Provider

export function useDeployment(): Deployment {
  const deployment = useContext(DeploymentContext)
  if (!deployment) throw new Error('useDeployment outside of its provider')
  return deployment
}
