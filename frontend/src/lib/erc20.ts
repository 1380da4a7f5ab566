/** The part of ERC-20 that the page uses. */
import { parseAbi, type Address } from 'viem'

import { currencyOf, ETHER, isEther, type Currency } from './currency'
import type { Reader } from './reader'

export const ERC20 = parseAbi([
  'function symbol() view returns (string)',
  'function decimals() view returns (uint8)',
  'function balanceOf(address owner) view returns (uint256)',
  'function allowance(address owner, address spender) view returns (uint256)',
  // Without its result: older tokens give none.
  'function approve(address spender, uint256 amount)',
])

export async function readCurrency(client: Reader, address: Address): Promise<Currency> {
  if (isEther(address)) return ETHER
  const at = { address, abi: ERC20 } as const
  const [symbol, decimals] = await Promise.allSettled([
    client.readContract({ ...at, functionName: 'symbol' }),
    client.readContract({ ...at, functionName: 'decimals' }),
  ])
  return currencyOf({
    address,
    symbol: symbol.status === 'fulfilled' ? symbol.value : null,
    decimals: decimals.status === 'fulfilled' ? decimals.value : null,
  })
}
