/** The chain of the running stack and its contracts, for those who act beside the page. */
import {
  createPublicClient,
  createWalletClient,
  defineChain,
  http,
  type Abi,
  type Address,
  type PrivateKeyAccount,
} from 'viem'

import type { Stack } from './fixtures'

export interface World {
  stack: Stack
  contracts: Record<
    'AccessLicense' | 'DatasetNFT' | 'KeyRegistry' | 'LicenseLens' | 'VisaRegistry',
    Address
  >
  read: ReturnType<typeof createPublicClient>
  /** Sends a transaction of this account and waits for it. */
  send: (
    from: PrivateKeyAccount,
    address: Address,
    abi: Abi,
    functionName: string,
    args: readonly unknown[],
    value?: bigint,
  ) => Promise<void>
}

export async function enter(stack: Stack): Promise<World> {
  const config = (await (await fetch(`${stack.apiUrl}/v1/config`)).json()) as {
    contracts: World['contracts']
  }
  const chain = defineChain({
    id: stack.chainId,
    name: 'test',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [stack.rpcUrl] } },
  })
  const read = createPublicClient({ chain, transport: http(stack.rpcUrl), pollingInterval: 200 })
  return {
    stack,
    contracts: config.contracts,
    read,
    send: async (account, address, abi, functionName, args, value = 0n) => {
      const wallet = createWalletClient({ account, chain, transport: http(stack.rpcUrl) })
      const receipt = await read.waitForTransactionReceipt({
        hash: await wallet.writeContract({ address, abi, functionName, args, value }),
      })
      if (receipt.status !== 'success') throw new Error(`${functionName} was refused`)
    },
  }
}
