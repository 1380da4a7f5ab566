// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, screen, waitFor } from '@testing-library/react'
import { zeroAddress, type Address } from 'viem'
import { afterEach, expect, it, vi } from 'vitest'
import { createConfig, http, WagmiContext } from 'wagmi'
import { localhost } from 'wagmi/chains'

import type { Deployment } from '@/lib/config'
import { DeploymentProvider } from '@/lib/deployment'

import { Approval } from './Price'

const TOKEN: Address = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC'
const ACCOUNT: Address = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const LICENCES: Address = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
const DEPLOYMENT = {
  chainId: Number(localhost.id),
  fromBlock: 0n,
  contracts: { AccessLicense: LICENCES, DatasetNFT: LICENCES, InferenceCommitment: LICENCES },
} as Deployment
const CONFIG = createConfig({
  chains: [localhost],
  transports: { [localhost.id]: http() },
  storage: null,
})

const asked: string[] = []
const token = { allowance: 0n }
vi.mock('@/lib/useChain', () => ({
  useReader: () => ({
    readContract: ({ functionName }: { functionName: 'symbol' | 'decimals' | 'allowance' }) => {
      asked.push(functionName)
      return Promise.resolve(
        { symbol: 'TUSD', decimals: 6, allowance: token.allowance }[functionName],
      )
    },
  }),
}))

const show = (allowance: bigint, currency: Address = TOKEN) => {
  token.allowance = allowance
  asked.length = 0
  render(
    <QueryClientProvider client={new QueryClient()}>
      <WagmiContext.Provider value={CONFIG}>
        <DeploymentProvider value={DEPLOYMENT}>
          <Approval account={ACCOUNT} token={currency} />
        </DeploymentProvider>
      </WagmiContext.Provider>
    </QueryClientProvider>,
  )
}
const button = () => screen.queryByRole('button', { name: 'Withdraw the approval' })
afterEach(cleanup)

it.each([
  [1n, 'The licence contract may still take 0.000001 TUSD from your account'],
  [2n ** 256n - 1n, 'The licence contract may still take any amount of TUSD from your account'],
])('says what of an approval is left (%s), and offers to withdraw it', async (left, says) => {
  show(left)
  expect(await screen.findByText(new RegExp(says))).toBeInTheDocument()
  expect(button()).toBeEnabled()
})

it('shows nothing where nothing is left, and asks nothing of ether', async () => {
  show(0n)
  await waitFor(() => expect(asked).toContain('allowance'))
  expect(button()).toBeNull()
  cleanup()
  show(5n, zeroAddress)
  await Promise.resolve()
  expect(asked).toEqual([])
  expect(button()).toBeNull()
})
