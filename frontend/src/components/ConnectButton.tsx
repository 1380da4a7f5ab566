import { useState } from 'react'
import { useConnect, useConnectors } from 'wagmi'

import { Button } from './Button'
import { Dialog } from './Dialog'
import { FailureNotice, Notice } from './Notice'

/** Asks which of the browser's wallets to connect. `busy`: one is being connected already. */
export function ConnectButton({ busy = false }: { busy?: boolean }) {
  const [open, setOpen] = useState(false)
  const connectors = useConnectors()
  const connect = useConnect()
  return (
    <>
      <Button onClick={() => setOpen(true)} busy={busy}>
        Connect wallet
      </Button>
      <Dialog
        open={open}
        onOpenChange={(next) => {
          setOpen(next)
          connect.reset()
        }}
        title="Connect a wallet"
        description="Your wallet signs; it is asked before anything is sent. Browsing needs no wallet."
      >
        <div className="space-y-3">
          {connectors.map((connector) => (
            <button
              key={connector.uid}
              type="button"
              disabled={connect.isPending}
              onClick={() => connect.mutate({ connector }, { onSuccess: () => setOpen(false) })}
              className="flex w-full items-center gap-3 rounded-xl border border-line-strong/60 bg-field px-4 py-3 text-left font-medium hover:bg-brand-soft"
            >
              {connector.icon ? (
                <img src={connector.icon} alt="" className="size-8 rounded-lg" />
              ) : (
                <span aria-hidden className="size-8 rounded-lg bg-sunken" />
              )}
              {connector.name}
            </button>
          ))}
          {connectors.length === 0 && (
            <Notice tone="warn" title="No wallet was found in this browser.">
              Install a browser wallet that announces itself (EIP-6963), allow it on this page, and
              reload.
            </Notice>
          )}
          {connect.isPending && (
            <Notice title="Waiting for your wallet…">Approve the connection there.</Notice>
          )}
          {connect.error && <FailureNotice error={connect.error} />}
        </div>
      </Dialog>
    </>
  )
}
