// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, screen } from '@testing-library/react'
import { zeroAddress, type Address } from 'viem'
import { afterEach, describe, expect, it, vi } from 'vitest'

import type { Deployment } from '@/lib/config'
import { DeploymentProvider } from '@/lib/deployment'

import { HowItEnds } from './HowItEnds'

const ARBITER: Address = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC'
const OFFER = {
  datasetId: 1n,
  price: 10n ** 18n,
  currency: zeroAddress,
  duration: 30 * 86_400,
  uses: 0,
  deliveryWindow: 86_400,
  disputeWindow: 7 * 86_400,
  right: 1,
  visas: 0,
  proRata: false,
  arbiter: ARBITER,
}
const chain = { offer: OFFER, accepts: true }
vi.mock('@/lib/useChain', () => ({
  useReader: () => ({
    readContract: ({ functionName }: { functionName: 'offerOf' | 'isArbiter' }) =>
      Promise.resolve({ offerOf: [chain.offer, true], isArbiter: chain.accepts }[functionName]),
  }),
}))

const show = (offer: Partial<typeof OFFER>, accepts = true) => {
  chain.offer = { ...OFFER, ...offer }
  chain.accepts = accepts
  render(
    <QueryClientProvider client={new QueryClient()}>
      <DeploymentProvider value={{ contracts: { AccessLicense: ARBITER } } as Deployment}>
        <HowItEnds offerId={1n} />
      </DeploymentProvider>
    </QueryClientProvider>,
  )
}
afterEach(cleanup)

describe('what a buyer reads before paying', () => {
  it('names the arbiter, who chose it, and that it accepted', async () => {
    show({})
    expect(await screen.findByTitle(ARBITER)).toBeInTheDocument()
    expect(screen.getByText(/^The owner named it, and it accepted/)).toBeInTheDocument()
    expect(screen.getByText(/the arbiter decides within 30 days/)).toBeInTheDocument()
  })

  it('says that nothing can be disputed without one', async () => {
    show({ arbiter: zeroAddress })
    expect(await screen.findByText(/nothing can be disputed/)).toBeInTheDocument()
    expect(screen.queryByText('Arbiter')).toBeNull()
  })

  it('does not say of an arbiter who withdrew that it accepted', async () => {
    show({}, false)
    expect(
      await screen.findByText('The arbiter does not decide disputes any more.'),
    ).toBeInTheDocument()
    expect(screen.queryByText(/it accepted/)).toBeNull()
  })
})
