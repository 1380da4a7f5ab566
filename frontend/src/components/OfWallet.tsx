import type { ReactNode } from 'react'
import { Fragment } from 'react'
import type { Address } from 'viem'

import { useWallet } from '@/lib/useChain'

import { ConnectButton } from './ConnectButton'
import { Empty } from './Page'

interface Props {
  /** What is asked of who has connected none, and why. */
  title: string
  says: string
  children: (account: Address) => ReactNode
}

/** What is shown for the account of the connected wallet, anew for each. */
export function OfWallet({ title, says, children }: Props) {
  const { account, status } = useWallet()
  if (account === undefined)
    return (
      <Empty title={title}>
        <p className="mb-4">{says}</p>
        <ConnectButton />
      </Empty>
    )
  return status === 'ready' ? (
    <Fragment key={account}>{children(account)}</Fragment>
  ) : (
    <p className="text-muted">Switch your wallet to this network first.</p>
  )
}
