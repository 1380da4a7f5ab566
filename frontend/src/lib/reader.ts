/**
 * What the page asks of the chain's node, and of a wallet. Named one by one: all that viem can do
 * is a third of the page.
 */
import type { Client, PublicClient, WalletClient } from 'viem'
import {
  estimateContractGas,
  getBalance,
  getBlock,
  getBlockNumber,
  getCode,
  getLogs,
  readContract,
  signMessage,
  signTypedData,
  simulateContract,
  waitForTransactionReceipt,
} from 'viem/actions'

const QUESTIONS = {
  estimateContractGas,
  getBalance,
  getBlock,
  getBlockNumber,
  getCode,
  getLogs,
  readContract,
  simulateContract,
  waitForTransactionReceipt,
}

export type Reader = Pick<PublicClient, keyof typeof QUESTIONS>
export type Signer = Pick<WalletClient, 'account' | 'signMessage' | 'signTypedData'>

export function readerOf(client: Client): Reader {
  const bound = Object.entries(QUESTIONS).map(([name, ask]) => [
    name,
    (question: never) => (ask as (client: Client, question: never) => unknown)(client, question),
  ])
  return Object.fromEntries(bound) as Reader
}

export function signerOf(client: Client): Signer {
  return {
    account: client.account,
    signMessage: ((request: never) => signMessage(client, request)) as Signer['signMessage'],
    signTypedData: ((request: never) => signTypedData(client, request)) as Signer['signTypedData'],
  }
}
