import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { useEffect, type ReactNode } from 'react'

import { Button } from '@/components/Button'
import { FailureNotice } from '@/components/Notice'
import { Loading } from '@/components/Page'
import { loadDeployment } from '@/lib/config'
import { DeploymentProvider } from '@/lib/deployment'
import { Failure } from '@/lib/failure'
import { KeyringProvider } from '@/lib/keyring'
import { listen } from '@/lib/live'

import { ExplorerProvider } from './ExplorerProvider'

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      // A clear answer ("there is no such dataset") isn't asked for again.
      retry: (failures, error) => failures < 1 && !(error instanceof Failure && isClear(error)),
      retryDelay: 800,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})

const isClear = ({ kind }: Failure) => kind === 'missing' || kind === 'signed-out'

export function Providers({ children }: { children: ReactNode }) {
  useEffect(() => listen(queries), [])
  return (
    <QueryClientProvider client={queries}>
      <Configured>{children}</Configured>
    </QueryClientProvider>
  )
}

function Configured({ children }: { children: ReactNode }) {
  const deployment = useQuery({
    queryKey: ['deployment'],
    queryFn: ({ signal }) => loadDeployment(signal),
    staleTime: Infinity,
    refetchInterval: (query) => (query.state.data ? false : 5_000),
  })
  if (deployment.data)
    return (
      <DeploymentProvider value={deployment.data}>
        <ExplorerProvider>
          <KeyringProvider>{children}</KeyringProvider>
        </ExplorerProvider>
      </DeploymentProvider>
    )
  return (
    <main className="mx-auto max-w-2xl space-y-6 px-4 py-24">
      <h1>BioDeSci</h1>
      {deployment.error ? (
        <FailureNotice
          error={deployment.error}
          action={
            <Button
              look="secondary"
              onClick={() => void deployment.refetch()}
              busy={deployment.isFetching}
            >
              Try again
            </Button>
          }
        />
      ) : (
        <Loading what="the deployment" />
      )}
    </main>
  )
}
