/**
 * One transaction: simulated first (so that a refusal is a sentence before anything is signed),
 * signed by the wallet, awaited. After a failure that leaves open whether it was sent, `landed`
 * asks the chain; nothing is ever sent twice on a guess.
 */
import {
  BaseError,
  WaitForTransactionReceiptTimeoutError,
  type Abi,
  type Address,
  type ContractFunctionArgs,
  type ContractFunctionName,
  type Hash,
  type TransactionReceipt,
} from 'viem'
import { writeContract } from 'viem/actions'
import type { Config } from 'wagmi'
import { getConnectorClient } from 'wagmi/actions'

import { explain } from './explain'
import { Failure } from './failure'
import { readerOf, signerOf, type Signer } from './reader'

export type Phase = 'checking' | 'signature' | 'wallet' | 'mining'

export interface Call<
  abi extends Abi = Abi,
  name extends ContractFunctionName<abi, 'nonpayable' | 'payable'> = ContractFunctionName<
    abi,
    'nonpayable' | 'payable'
  >,
> {
  address: Address
  abi: abi
  functionName: name
  args: ContractFunctionArgs<abi, 'nonpayable' | 'payable', name>
  value?: bigint
  /**
   * Gas beyond the estimate, for a call that costs more a block later than when it is estimated; what
   * is not used is not paid.
   */
  spareGas?: bigint
}

/** A call that needs a signature of the wallet's first, such as a permit. */
export type Prepare<call> = (wallet: Signer) => Promise<call>

export interface Options {
  config: Config
  chainId: number
  account: Address
  onPhase: (phase: Phase) => void
  /**
   * Whether the chain already shows the call's effect; asked before sending, and again after an
   * unclear failure.
   */
  landed: () => Promise<boolean>
}

export type Outcome = { sent: true; receipt: TransactionReceipt } | { sent: false }

export async function transact<
  const abi extends Abi,
  name extends ContractFunctionName<abi, 'nonpayable' | 'payable'>,
>(
  what: Call<abi, name> | Prepare<Call<abi, name>>,
  { config, chainId, account, onPhase, landed }: Options,
): Promise<Outcome> {
  let hash: Hash | undefined
  try {
    onPhase('checking')
    const reader = readerOf(config.getClient({ chainId }))
    if (await landed()) return { sent: false }
    let call: Call<abi, name>
    if (typeof what === 'function') {
      onPhase('signature')
      call = await what(signerOf(await getConnectorClient(config, { chainId, account })))
      onPhase('checking')
    } else call = what
    const { spareGas, ...asked } = { ...call, account }
    const { request } = await reader.simulateContract(
      asked as unknown as Parameters<typeof reader.simulateContract>[0],
    )
    const gas =
      spareGas &&
      spareGas +
        (await reader.estimateContractGas(
          asked as unknown as Parameters<typeof reader.estimateContractGas>[0],
        ))
    onPhase('wallet')
    const wallet = await getConnectorClient(config, { chainId, account })
    hash = await writeContract(wallet, {
      ...request,
      ...(gas && { gas }),
      account: wallet.account,
      chain: wallet.chain,
    } as Parameters<typeof writeContract>[1])
    onPhase('mining')
    let replaced = false
    const receipt = await reader.waitForTransactionReceipt({
      hash,
      timeout: 120_000,
      onReplaced: ({ reason }) => (replaced = reason !== 'repriced'),
    })
    // Another transaction took its place: cancelled in the wallet, or overtaken by one of another
    // page.
    if (replaced && !(await landed()))
      throw new Failure(
        'stopped',
        'Another transaction of your account took the place of this one.',
        'It was cancelled or replaced in your wallet. Nothing was paid for it; try again if you still want to.',
      )
    if (receipt.status === 'reverted')
      throw new Failure(
        'revert',
        'The chain refused the transaction.',
        'The state changed while it was under way; the page shows the state now.',
      )
    return { sent: true, receipt }
  } catch (error) {
    const failure = explain(error)
    const unclear =
      failure.kind !== 'rejected' &&
      failure.kind !== 'revert' &&
      failure.kind !== 'funds' &&
      failure.kind !== 'wrong-chain' &&
      failure.kind !== 'stopped'
    if (unclear && (await landed().catch(() => false))) return { sent: false }
    if (
      hash &&
      error instanceof BaseError &&
      error.walk((e) => e instanceof WaitForTransactionReceiptTimeoutError)
    )
      throw new Failure(
        'rpc',
        'The transaction was sent but is not confirmed yet.',
        `Do not send it again. It is ${hash}; the page follows the chain and moves on when it lands.`,
        { cause: error },
      )
    throw failure
  }
}
