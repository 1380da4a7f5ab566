import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import type { Abi, Address, ContractFunctionName } from 'viem'
import { useConfig } from 'wagmi'

import { transact, type Call, type Outcome, type Phase, type Prepare } from '@/lib/transact'

import { useDeployment } from './deployment'

const SAID: Record<Phase, string> = {
  checking: 'Checking with the chain…',
  signature: 'Waiting for your signature…',
  wallet: 'Waiting for your wallet…',
  mining: 'Waiting for the next block…',
}

/**
 * A transaction's progress for a component; whatever is on screen is read anew from the chain when
 * it ends, well or badly.
 */
export function useTransact() {
  const config = useConfig()
  const { chainId } = useDeployment()
  const queries = useQueryClient()
  const [phase, setPhase] = useState<Phase | null>(null)
  const [error, setError] = useState<unknown>(null)

  const run = useCallback(
    async <const abi extends Abi, name extends ContractFunctionName<abi, 'nonpayable' | 'payable'>>(
      account: Address,
      call: Call<abi, name> | Prepare<Call<abi, name>>,
      landed: () => Promise<boolean>,
    ): Promise<Outcome | null> => {
      setError(null)
      try {
        return await transact(call, { config, chainId, account, onPhase: setPhase, landed })
      } catch (failure) {
        setError(failure)
        return null
      } finally {
        setPhase(null)
        // Marked at once, read in the background: the next page does not wait for an API that is
        // away.
        void queries.invalidateQueries()
      }
    },
    [config, chainId, queries],
  )
  return { run, busy: phase !== null, said: phase && SAID[phase], error }
}
