import { OnChain } from '@/components/OnChain'
/**
 * The parts of the page's frame that know the wallet and the chain; the frame stands without them
 * until they are loaded.
 */
import { useDeployment } from '@/lib/deployment'
import { useHead } from '@/lib/useChain'

import { NetworkNotice, WalletButton } from './WalletButton'

export function Account() {
  return (
    <OnChain>
      <WalletButton />
    </OnChain>
  )
}

export function Network() {
  return (
    <OnChain>
      <NetworkNotice />
    </OnChain>
  )
}

export function Head() {
  return (
    <OnChain>
      <Block />
    </OnChain>
  )
}

function Block() {
  const deployment = useDeployment()
  const head = useHead()
  if (head.error)
    return deployment.rpcUrl === null
      ? 'The chain is read through a wallet on its network'
      : 'The chain’s node does not answer'
  return head.data
    ? `Network ${deployment.network} (${deployment.chainId}) · block ${head.data.number}`
    : 'Reading the chain…'
}
