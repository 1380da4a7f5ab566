/** Turns what wallets, nodes and contracts throw into a sentence and a next step. */
import {
  type AbiParameter,
  BaseError,
  ContractFunctionRevertedError,
  decodeErrorResult,
  HttpRequestError,
  InsufficientFundsError,
  NonceTooHighError,
  NonceTooLowError,
  parseAbi,
  TimeoutError,
  UserRejectedRequestError,
} from 'viem'

import { errors } from '@/generated/errors'
import { tokenErrors } from '@/generated/sentences'

import { Failure, unexplained } from './failure'
import { say } from './reverts'

/**
 * Errors of whatever the called contract calls, which its own ABI does not name; of tokens by
 * ERC-6093 and ERC-2612.
 */
const BEHIND = [...errors, ...parseAbi(tokenErrors)]

export function explain(error: unknown): Failure {
  if (error instanceof Failure) return error
  if (error instanceof BaseError) return fromViem(error)
  const code = (error as { code?: unknown } | null)?.code
  if (code === 4001) return rejected(error)
  const name = (error as { name?: unknown } | null)?.name
  if (name === 'AbortError')
    return new Failure('stopped', 'Stopped.', 'Start again whenever you like.', { cause: error })
  if (name === 'QuotaExceededError')
    return new Failure(
      'bug',
      'The browser has no space left for the file.',
      'Free some disk space, or use the command line.',
      { cause: error },
    )
  if (name === 'ConnectorChainMismatchError' || name === 'ChainMismatchError')
    return wrongChain(error)
  if (name === 'ConnectorNotConnectedError' || name === 'ConnectorAccountNotFoundError')
    return new Failure(
      'no-wallet',
      'No wallet account is connected.',
      'Connect a wallet and try again.',
      { cause: error },
    )
  return unexplained(error)
}

function fromViem(error: BaseError): Failure {
  const is = (test: (e: unknown) => boolean) => error.walk(test) !== null
  // What the page itself threw inside of viem, for a read through the wallet.
  const own = error.walk((e) => e instanceof Failure)
  if (own instanceof Failure) return own
  if (is((e) => e instanceof UserRejectedRequestError || (e as { code?: unknown }).code === 4001))
    return rejected(error)
  const revert = error.walk((e) => e instanceof ContractFunctionRevertedError)
  if (revert instanceof ContractFunctionRevertedError) return reverted(revert)
  if (
    is((e) => e instanceof InsufficientFundsError) ||
    /insufficient funds|exceeds the balance/i.test(error.message)
  )
    return new Failure(
      'funds',
      'The account has too little ether for the price and the network fee.',
      'Send it some ether, or choose another account.',
      { cause: error },
    )
  if (
    is(
      (e) =>
        (e as { name?: unknown }).name === 'ChainMismatchError' ||
        (e as { name?: unknown }).name === 'ConnectorChainMismatchError',
    )
  )
    return wrongChain(error)
  if (is((e) => e instanceof HttpRequestError || e instanceof TimeoutError))
    return new Failure(
      'rpc',
      'The chain’s node does not answer.',
      'Nothing is lost. The page tries again by itself.',
      { cause: error },
    )
  if (
    is((e) => e instanceof NonceTooLowError || e instanceof NonceTooHighError) ||
    /nonce too (low|high)|replacement transaction underpriced/i.test(error.message)
  )
    return new Failure(
      'wallet',
      'Your wallet has another transaction under way.',
      'Nothing was sent. Wait until the other one is through, then try again.',
      { cause: error },
    )
  // Whole, it is a page of addresses and calls.
  return new Failure('bug', 'Something unexpected happened.', error.shortMessage, { cause: error })
}

function reverted(revert: ContractFunctionRevertedError): Failure {
  const raised = raisedBy(revert)
  const known = raised && say(raised.errorName, raised.abiItem.inputs ?? [], raised.args ?? [])
  if (known) return new Failure('revert', known.message, known.hint, { cause: revert })
  const words =
    raised?.errorName
      .replace(/^\w+?_/, '')
      .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase() ??
    revert.reason?.replace(/[. ]+$/, '') ??
    ''
  return new Failure(
    'revert',
    `The contract refused: ${words || 'no reason given'}.`,
    'Nothing was charged except, at most, the network fee.',
    { cause: revert },
  )
}

type Raised = {
  readonly errorName: string
  readonly abiItem: { readonly inputs?: readonly AbiParameter[] }
  readonly args?: readonly unknown[]
}

function raisedBy(revert: ContractFunctionRevertedError): Raised | undefined {
  const data = revert.data as Raised | undefined
  // `Error(string)` and `Panic(uint256)` carry their own words.
  if (data) return data.errorName === 'Error' || data.errorName === 'Panic' ? undefined : data
  if (!revert.raw || revert.raw === '0x') return undefined
  try {
    return decodeErrorResult({ abi: BEHIND, data: revert.raw }) as Raised
  } catch {
    return undefined
  }
}

function rejected(cause: unknown): Failure {
  return new Failure(
    'rejected',
    'You declined the request in your wallet.',
    'That request was not sent, and nothing was paid for it. Try again whenever you like.',
    { cause },
  )
}

function wrongChain(cause: unknown): Failure {
  return new Failure(
    'wrong-chain',
    'Your wallet is on another network.',
    'Switch the network in your wallet, then try again.',
    { cause },
  )
}
