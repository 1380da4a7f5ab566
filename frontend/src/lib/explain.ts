/** Turns what wallets, nodes and contracts throw into a sentence and a next step. */
import { BaseError, ContractFunctionRevertedError, HttpRequestError, InsufficientFundsError, TimeoutError, UserRejectedRequestError } from 'viem'

import { Failure } from './failure'

const REVERTS: Record<string, readonly [message: string, hint: string]> = {
  AccessLicense_OfferClosed: ['This offer was closed by the data owner.', 'Look for another offer of the dataset.'],
  AccessLicense_WrongPrice: ['The price of this offer is not what the page showed.', 'Reload the page to see the current price.'],
  AccessLicense_NoKey: ['Your account has no registered key to seal the data to.', 'Create and register your key first.'],
  AccessLicense_Denied: ['The data owner’s terms do not permit the purpose you declared.', 'Read the terms, and buy only for a purpose that they permit.'],
  AccessLicense_Withdrawn: ['Consent for this dataset version was withdrawn.', 'It can no longer be licensed. A later version may be published.'],
  AccessLicense_WrongState: ['The licence has moved on in the meantime.', 'The page shows its state on chain now.'],
  AccessLicense_TooEarly: ['It is too early for this step.', 'Wait for the deadline shown with the licence.'],
  AccessLicense_TooLate: ['The time for this step is over.', 'The page shows what is still possible.'],
  AccessLicense_NotLicensee: ['This licence belongs to another account.', 'Choose the account that bought it in your wallet.'],
  AccessLicense_NotActive: ['The licence is not active.', 'It has expired, was revoked or refunded, or its uses are spent.'],
  AccessLicense_NothingOwed: ['Nothing is owed to this account.', 'It was probably collected already.'],
  AccessLicense_TransferFailed: ['The account does not accept the payment.', 'A contract account must be able to receive ether.'],
  KeyRegistry_BadLength: ['The public key has the wrong length.', 'Create a new key in this page.'],
  KeyRegistry_NoKey: ['This account has no registered key.', 'Create and register your key first.'],
}

export function explain(error: unknown): Failure {
  if (error instanceof Failure) return error
  if (error instanceof BaseError) {
    const found = fromViem(error)
    if (found) return found
  }
  const code = (error as { code?: unknown } | null)?.code
  if (code === 4001) return rejected(error)
  const name = (error as { name?: unknown } | null)?.name
  if (name === 'AbortError') return new Failure('stopped', 'Stopped.', 'Start again whenever you like.', { cause: error })
  if (name === 'QuotaExceededError') return new Failure('bug', 'The browser has no space left for the file.', 'Free some disk space, or use the command line.', { cause: error })
  if (name === 'ConnectorChainMismatchError' || name === 'ChainMismatchError') return wrongChain(error)
  if (name === 'ConnectorNotConnectedError' || name === 'ConnectorAccountNotFoundError')
    return new Failure('no-wallet', 'No wallet account is connected.', 'Connect a wallet and try again.', { cause: error })
  return new Failure('bug', 'Something unexpected happened.', error instanceof Error ? error.message : 'Reload the page and try again.', { cause: error })
}

function fromViem(error: BaseError): Failure | null {
  const is = (test: (e: unknown) => boolean) => error.walk(test) !== null
  if (is((e) => e instanceof UserRejectedRequestError || (e as { code?: unknown }).code === 4001)) return rejected(error)
  const revert = error.walk((e) => e instanceof ContractFunctionRevertedError)
  if (revert instanceof ContractFunctionRevertedError) return reverted(revert)
  if (is((e) => e instanceof InsufficientFundsError) || /insufficient funds|exceeds the balance/i.test(error.message))
    return new Failure('funds', 'The account has too little ether for the price and the network fee.', 'Send it some ether, or choose another account.', { cause: error })
  if (is((e) => (e as { name?: unknown }).name === 'ChainMismatchError' || (e as { name?: unknown }).name === 'ConnectorChainMismatchError')) return wrongChain(error)
  if (is((e) => e instanceof HttpRequestError || e instanceof TimeoutError))
    return new Failure('rpc', 'The chain’s node does not answer.', 'Nothing is lost. Check that the node is running; the page tries again by itself.', { cause: error })
  return null
}

function reverted(revert: ContractFunctionRevertedError): Failure {
  const name = revert.data?.errorName ?? ''
  const known = REVERTS[name]
  if (known) return new Failure('revert', known[0], known[1], { cause: revert })
  const said = name ? name.replace(/^\w+?_/, '').replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase() : (revert.reason ?? 'no reason given')
  return new Failure('revert', `The contract refused: ${said}.`, 'Nothing was charged except, at most, the network fee.', { cause: revert })
}

function rejected(cause: unknown): Failure {
  return new Failure('rejected', 'You declined the request in your wallet.', 'Nothing was sent and nothing is lost. Try again whenever you like.', { cause })
}

function wrongChain(cause: unknown): Failure {
  return new Failure('wrong-chain', 'Your wallet is on another network.', 'Switch the network in your wallet, then try again.', { cause })
}
