import { useCallback } from 'react'
import type { Abi, Address, ContractFunctionName } from 'viem'
import { useConfig } from 'wagmi'

import { useDeployment } from './deployment'
import { transact, type Call, type Outcome, type Phase, type Prepare } from './transact'
import type { Say } from './useWrite'

const SAID: Record<Phase, string> = {
  checking: 'Checking with the chain…',
  signature: 'Waiting for your signature…',
  wallet: 'Waiting for your wallet…',
  mining: 'Waiting for the next block…',
}

/**
 * Sends one transaction of this account, for the inside of a `useWrite`: it throws a `Failure` where
 * nothing landed. `landed` asks the chain whether the call's effect is there already.
 */
export function useTransact(account: Address) {
  const config = useConfig()
  const { chainId } = useDeployment()
  return useCallback(
    <const abi extends Abi, name extends ContractFunctionName<abi, 'nonpayable' | 'payable'>>(
      call: Call<abi, name> | Prepare<Call<abi, name>>,
      landed: () => Promise<boolean>,
      say: Say,
    ): Promise<Outcome> => {
      const onPhase = (phase: Phase) => say(SAID[phase])
      return transact(call, { config, chainId, account, onPhase, landed })
    },
    [config, chainId, account],
  )
}
