/**
 * How an account pays a price: ether with the transaction, a token by a permit, or by an approval
 * where the token has no permits.
 */
import { useQuery } from '@tanstack/react-query'
import {
  BaseError,
  ContractFunctionRevertedError,
  type Address,
  type ContractFunctionName,
  type TypedDataDomain,
} from 'viem'

import type { AccessLicense } from '@/generated/abi'
import type { Deployment } from '@/lib/config'
import { isEther, type Currency } from '@/lib/currency'
import { useDeployment } from '@/lib/deployment'
import { ERC20, readCurrency } from '@/lib/erc20'
import { Failure } from '@/lib/failure'
import { DIRECT, permitDomain, signPermit, type Payment } from '@/lib/permit'
import type { Reader, Signer } from '@/lib/reader'
import type { Call, Outcome } from '@/lib/transact'
import { useReader } from '@/lib/useChain'
import { useTransact } from '@/lib/useTransact'
import { useWrite, type Say } from '@/lib/useWrite'

export interface Means {
  currency: Currency
  price: bigint
  /** Of the account, in the currency. */
  balance: bigint
  how: 'free' | 'ether' | 'allowed' | 'permit' | 'approve'
  domain: TypedDataDomain | null
}

/** A permit that a wallet left open on a desk must not be good for ever. */
const PERMIT_LIFE = 1200n

async function readMeans(
  client: Reader,
  deployment: Deployment,
  account: Address,
  token: Address,
  price: bigint,
): Promise<Means> {
  const currency = await readCurrency(client, token)
  if (isEther(token))
    return {
      currency,
      price,
      balance: await client.getBalance({ address: account }),
      how: price === 0n ? 'free' : 'ether',
      domain: null,
    }
  const at = { address: token, abi: ERC20 } as const
  const [balance, allowance, domain] = await Promise.all([
    client.readContract({ ...at, functionName: 'balanceOf', args: [account] }),
    client.readContract({
      ...at,
      functionName: 'allowance',
      args: [account, deployment.contracts.AccessLicense],
    }),
    permitDomain(client, token, account, deployment.chainId),
  ])
  return {
    currency,
    price,
    balance,
    how: price === 0n ? 'free' : allowance >= price ? 'allowed' : domain ? 'permit' : 'approve',
    domain,
  }
}

/** `price` undefined: not known yet. */
export function useMeans(account: Address, token: Address | undefined, price: bigint | undefined) {
  const client = useReader()
  const deployment = useDeployment()
  return useQuery({
    queryKey: ['chain', 'means', account, token, String(price)],
    enabled: token !== undefined && price !== undefined,
    queryFn: () => readMeans(client, deployment, account, token as Address, price as bigint),
    refetchInterval: 5_000,
  })
}

type Licences = typeof AccessLicense
type Name = ContractFunctionName<Licences, 'payable'>

/** Ways of this account to pay, for the inside of a `useWrite`: each throws where it did not get there. */
export function usePay(account: Address) {
  const client = useReader()
  const deployment = useDeployment()
  const transact = useTransact(account)
  const spender = deployment.contracts.AccessLicense

  const readAllowance = (token: Address) =>
    client.readContract({
      address: token,
      abi: ERC20,
      functionName: 'allowance',
      args: [account, spender],
    })
  const callApprove = (token: Address, units: bigint) =>
    ({ address: token, abi: ERC20, functionName: 'approve', args: [spender, units] }) as const

  /** Takes back what was approved and not spent. */
  const disallow = (token: Address, say: Say): Promise<Outcome> =>
    transact(callApprove(token, 0n), async () => (await readAllowance(token)) === 0n, say)

  const approve = async (token: Address, units: bigint, say: Say): Promise<Outcome> => {
    if (await mustBeginAtZero(token, units)) await disallow(token, say)
    const enough = async () => (await readAllowance(token)) >= units
    return transact(callApprove(token, units), enough, say)
  }

  /** Some tokens (Tether's is one) refuse to change an approval that is not zero. */
  const mustBeginAtZero = async (token: Address, units: bigint): Promise<boolean> => {
    const standing = await readAllowance(token).catch(() => 0n)
    if (standing === 0n || standing >= units) return false
    return client.simulateContract({ ...callApprove(token, units), account }).then(
      () => false,
      (error: unknown) =>
        error instanceof BaseError &&
        error.walk((e) => e instanceof ContractFunctionRevertedError) !== null,
    )
  }

  /** A wallet lets a person approve less than was asked for. */
  const checkAllowance = async (token: Address, units: bigint): Promise<void> => {
    if ((await readAllowance(token)) < units)
      throw new Failure(
        'wallet',
        'Less than the price was approved.',
        'Nothing was paid. Start again, and leave the amount in the wallet as it is.',
      )
  }

  /** Asks for what the means need, then sends the call with the payment in it. */
  const pay = async <name extends Name>(
    { how, currency, price, domain }: Means,
    build: (payment: Payment) => Call<Licences, name>,
    landed: () => Promise<boolean>,
    say: Say,
  ): Promise<Outcome> => {
    const token = currency.address
    if (how === 'approve') {
      await approve(token, price, say)
      const approved = async () => {
        await checkAllowance(token, price)
        return build(DIRECT)
      }
      return transact(approved, landed, say)
    }
    if (how !== 'permit' || !domain) return transact(build(DIRECT), landed, say)
    const permitted = async (wallet: Signer) => {
      const deadline = (await client.getBlock()).timestamp + PERMIT_LIFE
      const asked = { client, wallet, domain, token, account, spender, value: price, deadline }
      return build(await signPermit(asked))
    }
    return transact(permitted, landed, say)
  }
  return { pay, disallow }
}

/** Takes back what the account approved of a token and did not spend. */
export function useDisallow(account: Address, token: Address) {
  const { disallow } = usePay(account)
  return useWrite((_: void, say) => disallow(token, say))
}
