import * as DropdownMenu from '@radix-ui/react-dropdown-menu'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { Link } from 'react-router'
import { useDisconnect, useSwitchChain } from 'wagmi'

import { Button } from '@/components/Button'
import { ConnectButton } from '@/components/ConnectButton'
import { FailureNotice, Notice } from '@/components/Notice'
import { useDeployment } from '@/lib/deployment'
import { shorten } from '@/lib/format'
import { useKeyring } from '@/lib/keyring'
import { signOut } from '@/lib/session'
import { useWallet } from '@/lib/useChain'

const ITEM =
  'block w-full rounded-md px-3 py-2 text-left no-underline text-ink data-highlighted:bg-brand-soft outline-none cursor-pointer'

export function WalletButton() {
  const wallet = useWallet()
  const disconnect = useDisconnect()
  const keyring = useKeyring()
  const queries = useQueryClient()
  // A disconnect that began in the wallet, and a key that is opened only after it: the keyring is a
  // new one whenever what it holds changes.
  useEffect(() => {
    if (wallet.status === 'none') keyring.lockAll()
  }, [wallet.status, keyring])
  const leave = () => {
    keyring.lockAll()
    // Where the API is away the session ends by itself, half an hour after it began.
    signOut(queries).catch(() => undefined)
    disconnect.mutate({})
  }
  if (wallet.account === undefined) return <ConnectButton busy={wallet.status === 'connecting'} />
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <Button
          look="secondary"
          aria-label={`Account ${wallet.account}${wallet.status === 'wrong-chain' ? ', on another network' : ''}`}
        >
          <span
            aria-hidden
            className={`grid size-4 place-items-center rounded-full text-[0.65rem] font-bold text-on-brand ${wallet.status === 'ready' ? 'bg-good' : 'bg-bad'}`}
          >
            {wallet.status === 'ready' ? '✓' : '!'}
          </span>
          <span className="font-mono text-sm">{shorten(wallet.account)}</span>
        </Button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={6}
          className="z-50 min-w-52 rounded-xl border border-line bg-surface p-1.5 shadow-xl"
        >
          <DropdownMenu.Item asChild className={ITEM}>
            <Link to="/key">My key</Link>
          </DropdownMenu.Item>
          <DropdownMenu.Item asChild className={ITEM}>
            <Link to="/licenses">My licences</Link>
          </DropdownMenu.Item>
          <DropdownMenu.Item asChild className={ITEM}>
            <Link to="/owed">Owed to me</Link>
          </DropdownMenu.Item>
          <DropdownMenu.Item asChild className={ITEM}>
            <Link to="/waiting">Waiting for me</Link>
          </DropdownMenu.Item>
          <DropdownMenu.Item asChild className={ITEM}>
            <Link to="/arbitration">Disputes to decide</Link>
          </DropdownMenu.Item>
          <DropdownMenu.Item className={ITEM} onSelect={() => void copy(wallet.account)}>
            Copy address
          </DropdownMenu.Item>
          <DropdownMenu.Separator className="my-1 h-px bg-line" />
          <DropdownMenu.Item className={ITEM} onSelect={leave}>
            Disconnect
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

/**
 * The browser may refuse, or keep the clipboard from a page without TLS: the address stands on the
 * button's label all the same.
 */
async function copy(text: string): Promise<void> {
  await Promise.resolve(navigator.clipboard?.writeText(text)).catch(() => undefined)
}

/** Shown on every page while the wallet is on another network. */
export function NetworkNotice() {
  const deployment = useDeployment()
  const wallet = useWallet()
  const change = useSwitchChain()
  if (wallet.status !== 'wrong-chain') return null
  return (
    <div className="mb-6 space-y-3">
      <Notice
        tone="warn"
        title="Your wallet is on another network."
        action={
          <Button
            busy={change.isPending}
            onClick={() =>
              change.mutate({
                chainId: deployment.chainId,
                ...(deployment.rpcUrl !== null && {
                  addEthereumChainParameter: { rpcUrls: [deployment.rpcUrl] },
                }),
              })
            }
          >
            Switch network
          </Button>
        }
      >
        BioDeSci runs on network {deployment.chainId} here, your wallet is on {wallet.chainId}. You
        can read everything; to buy or confirm, switch first.
      </Notice>
      {change.error && <FailureNotice error={change.error} />}
    </div>
  )
}
