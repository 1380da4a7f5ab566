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
import type { Reader } from '@/lib/reader'
import type { Call, Outcome } from '@/lib/transact'
import { useReader } from '@/lib/useChain'
import { useTransact } from '@/lib/useTransact'

export interface Means {
  currency: Currency
  price: bigint
  /** Of the account, in the currency. */
  balance: bigint
  how: 'ether' | 'allowed' | 'permit' | 'approve'
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
      how: 'ether',
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
    how: allowance >= price ? 'allowed' : domain ? 'permit' : 'approve',
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

/** What the licence contract may take of the account's token. */
export function useAllowance(account: Address, token: Address) {
  const client = useReader()
  const { contracts } = useDeployment()
  return useQuery({
    queryKey: ['chain', 'allowance', account, token],
    enabled: !isEther(token),
    queryFn: () =>
      client.readContract({
        address: token,
        abi: ERC20,
        functionName: 'allowance',
        args: [account, contracts.AccessLicense],
      }),
    refetchInterval: 5_000,
  })
}

type Licences = typeof AccessLicense
type Name = ContractFunctionName<Licences, 'payable'>

export function usePay(account: Address) {
  const client = useReader()
  const deployment = useDeployment()
  const transact = useTransact()
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
  const disallow = (token: Address) =>
    transact.run(account, callApprove(token, 0n), async () => (await readAllowance(token)) === 0n)

  const approve = async (token: Address, units: bigint): Promise<Outcome | null> => {
    if (await mustBeginAtZero(token, units)) if (!(await disallow(token))) return null
    return transact.run(
      account,
      callApprove(token, units),
      async () => (await readAllowance(token)) >= units,
    )
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
  ): Promise<Outcome | null> => {
    if (how === 'approve') {
      if (!(await approve(currency.address, price))) return null
      const approved = async () => {
        await checkAllowance(currency.address, price)
        return build(DIRECT)
      }
      return transact.run(account, approved, landed)
    }
    if (how !== 'permit' || !domain) return transact.run(account, build(DIRECT), landed)
    return transact.run(
      account,
      async (wallet) => {
        const { timestamp } = await client.getBlock()
        return build(
          await signPermit({
            client,
            wallet,
            domain,
            token: currency.address,
            account,
            spender,
            value: price,
            deadline: timestamp + PERMIT_LIFE,
          }),
        )
      },
      landed,
    )
  }
  return {
    pay,
    approve,
    disallow,
    run: transact.run,
    busy: transact.busy,
    said: transact.said,
    error: transact.error,
  }
}
