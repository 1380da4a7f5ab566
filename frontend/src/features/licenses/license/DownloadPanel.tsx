import { useEffect, useRef, useState } from 'react'
import type { Address } from 'viem'

import { Button } from '@/components/Button'
import { FailureNotice, Notice } from '@/components/Notice'
import { Progress } from '@/components/Progress'
import { useDeployment } from '@/lib/deployment'
import { bytes } from '@/lib/format'
import type { Step } from '@/lib/release'
import { save } from '@/lib/save'
import { useReader } from '@/lib/useChain'
import { useWrite } from '@/lib/useWrite'

import type { License } from '../chain'
import { useKey } from '../key/key'
import { KeyPanel, Unlock } from '../key/KeyPanel'

const SAID: Record<Step, string> = {
  chain: 'Checking the licence on chain',
  envelope: 'Opening the envelope with your key',
  file: 'Downloading and decrypting',
  saving: 'Checking the licence once more and saving',
}

/** Decrypts in the browser. The file is offered only after its root matched the chain. */
export function DownloadPanel({ license, account }: { license: License; account: Address }) {
  const key = useKey(account)
  const client = useReader()
  const deployment = useDeployment()
  const [received, setReceived] = useState({ done: 0, total: 0 })
  const stop = useRef<AbortController | null>(null)
  // A licence that was revoked, another account, another page: nothing is decrypted behind the
  // reader's back.
  useEffect(() => () => stop.current?.abort(), [])
  const download = useWrite(
    async (_: void, say) => {
      const { signal } = (stop.current = new AbortController())
      setReceived({ done: 0, total: 0 })
      const { release } = await import('@/lib/release')
      const file = await release({
        client,
        deployment,
        licenseId: license.id,
        account,
        seeds: key.seeds,
        signal,
        onStep: (step) => say(SAID[step]),
        onProgress: (done, total) => setReceived({ done, total }),
      })
      signal.throwIfAborted()
      save(file.name, file.blob)
      return { name: file.name, size: file.size }
    },
    { changes: [] },
  )

  if (key.status && key.status !== 'ready' && key.seeds.length === 0)
    return <KeyPanel account={account} />
  if (key.seeds.length === 0) return <Unlock account={account} />

  const saved = download.done
  const measured = download.said === SAID.file
  return (
    <div className="space-y-4">
      {download.busy ? (
        <>
          <Progress
            label={download.said ?? SAID.chain}
            done={measured ? received.done : 0}
            total={measured ? received.total : 0}
          />
          <Button look="secondary" onClick={() => stop.current?.abort()}>
            Stop
          </Button>
        </>
      ) : (
        <Button onClick={() => download.start()}>
          {saved ? 'Decrypt and download again' : 'Decrypt and download'}
        </Button>
      )}
      {download.error !== null && <FailureNotice error={download.error} />}
      {saved && (
        <Notice tone="good" title={`${saved.name} was decrypted and saved (${bytes(saved.size)}).`}>
          The key matched the owner’s commitment and every byte matched the content root on chain.
        </Notice>
      )}
      <details className="text-sm text-muted">
        <summary className="cursor-pointer">The same from the command line</summary>
        <code className="mt-2 block overflow-x-auto rounded-lg bg-sunken px-3 py-2 font-mono text-ink">
          biodesci license download {String(license.id)} FILE
        </code>
      </details>
    </div>
  )
}
