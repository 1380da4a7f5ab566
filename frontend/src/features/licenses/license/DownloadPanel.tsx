import { useEffect, useRef, useState } from 'react'
import type { Address } from 'viem'
import { useConfig } from 'wagmi'
import { getConnectorClient } from 'wagmi/actions'

import { Button } from '@/components/Button'
import { FailureNotice, Notice } from '@/components/Notice'
import { Progress } from '@/components/Progress'
import { AccessLicense } from '@/generated/abi'
import { useDeployment } from '@/lib/deployment'
import { bytes } from '@/lib/format'
import { knownPartners, rememberPartners } from '@/lib/partners'
import { signerOf } from '@/lib/reader'
import type { Step } from '@/lib/release'
import { save } from '@/lib/save'
import { useReader } from '@/lib/useChain'
import { useTransact } from '@/lib/useTransact'
import { useWrite } from '@/lib/useWrite'

import { isCounted, readLicense, SPARE_GAS, useIndexed, type License } from '../chain'
import { useKey } from '../key/key'
import { KeyPanel, Unlock } from '../key/KeyPanel'
import { BY_THE_OWNER, partnerOf, ServedBy } from './ServedBy'

const SAID: Record<Step, string> = {
  chain: 'Checking the licence on chain',
  envelope: 'Opening the envelope with your key',
  file: 'Downloading and decrypting',
  counting: 'Counting one use',
  saving: 'Saving',
}

/** Decrypts in the browser. The file is offered only after its root matched the chain. */
export function DownloadPanel({ license, account }: { license: License; account: Address }) {
  const key = useKey(account)
  const client = useReader()
  const config = useConfig()
  const deployment = useDeployment()
  const transact = useTransact(account)
  const servedAt = useIndexed(license.id).data?.container?.servedAt
  const [serving, setServing] = useState(BY_THE_OWNER)
  const [isDue, setDue] = useState(false)
  const partner = partnerOf(serving)
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
        countUse: async () => {
          const consume = {
            address: deployment.contracts.AccessLicense,
            abi: AccessLicense,
            functionName: 'consume',
            args: [license.id],
            ...(license.proRata && { spareGas: SPARE_GAS }),
          } as const
          const landed = async () =>
            (await readLicense(client, deployment, license.id)).usesLeft < license.usesLeft
          await transact(consume, landed, say)
          // Counted is counted: with the last use this panel goes, and the file is saved all the same.
          stop.current = null
        },
        sign: async (request) => {
          const wallet = signerOf(
            await getConnectorClient(config, { chainId: deployment.chainId, account }),
          )
          say(
            `Waiting for your signature: it asks the ${partner ? 'partner' : 'data owner'}’s server for the file`,
          )
          return wallet.signTypedData({ account: wallet.account ?? account, ...request })
        },
        partner: partner ?? '',
        onPartners: (origins) => rememberPartners(deployment, license.datasetId, origins),
        onStep: (step) => say(SAID[step]),
        onProgress: (done, total) => setReceived({ done, total }),
      })
      signal.throwIfAborted()
      save(file.name, file.blob)
      return { name: file.name, size: file.size }
    },
    // Unless a use is counted, nothing changes.
    isCounted(license) ? {} : { changes: [] },
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
        <>
          {servedAt && (
            <ServedBy
              servedAt={servedAt}
              known={knownPartners(deployment, license.datasetId)}
              serving={serving}
              onChange={setServing}
              isDue={isDue}
            />
          )}
          {isCounted(license) && <p className="text-muted">{sayCounted(license)}</p>}
          <Button
            onClick={() => {
              setDue(partner === null)
              if (partner !== null) download.start()
            }}
          >
            {saved ? 'Decrypt and download again' : 'Decrypt and download'}
          </Button>
        </>
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
          biodesci license download {String(license.id)} FILE{partner ? ` --from ${partner}` : ''}
        </code>
      </details>
    </div>
  )
}

function sayCounted({ usesLeft, state }: License): string {
  const use = usesLeft === 1 ? 'the last use' : `one of ${usesLeft} uses left`
  const left = `Opening the file counts ${use}, by a transaction after the file was found to be the one on chain and before it is saved.`
  return state === 'delivered' ? `${left} The first use confirms, and settles the payment.` : left
}
