/** Create, register, unlock, save and recover a person's key. */
import { useState, type FormEvent } from 'react'
import type { Address } from 'viem'

import { Button } from '@/components/Button'
import { Field } from '@/components/Field'
import { FailureNotice, Notice } from '@/components/Notice'
import { Loading } from '@/components/Page'
import { WriteRow } from '@/components/WriteRow'
import { KeyRegistry } from '@/generated/abi'
import { copy, toHex } from '@/lib/bytes'
import { useDeployment } from '@/lib/deployment'
import { useKeyring } from '@/lib/keyring'
import type { StoredKey } from '@/lib/keystore'
import { MIN_PASSPHRASE, problemOf } from '@/lib/passphrase'
import { useReader } from '@/lib/useChain'
import { useTransact } from '@/lib/useTransact'
import { useWrite } from '@/lib/useWrite'

import { createKey, downloadRecoveryFile, recoverKey, unlockKeys, useKey } from './key'

/** What a key that was made, loaded or registered changes on the page. */
const KEYS = {
  changes: [
    ['browser', 'keys'],
    ['chain', 'key'],
  ],
}

/** Everything a person does with their key, in the order in which it is needed. */
export function KeyPanel({ account }: { account: Address }) {
  const key = useKey(account)
  if (key.error && key.status === undefined) return <FailureNotice error={key.error} />
  switch (key.status) {
    case undefined:
      return <Loading what="your key" />
    case 'none':
      return (
        <div className="space-y-5">
          <CreateKey account={account} />
          <Recover account={account} registeredHash={key.registered?.keyHash ?? '0x'} />
        </div>
      )
    case 'unregistered':
      return key.current && <Register account={account} stored={key.current} />
    case 'elsewhere':
      return (
        <div className="space-y-5">
          <Notice tone="warn" title="Your key is not in this browser.">
            A key is registered for this account, but its private part was made elsewhere. Load its
            recovery file to open your data here.
          </Notice>
          <Recover account={account} registeredHash={key.registered?.keyHash ?? '0x'} open />
        </div>
      )
    case 'ready':
      return (
        <div className="space-y-5">
          <Notice tone="good" title="Your key is registered and kept in this browser.">
            It is sealed under your passphrase. Keep the recovery file: without it and the
            passphrase, nobody can open your data again.
          </Notice>
          <div className="flex flex-wrap gap-3">
            {key.current && <SaveRecovery stored={key.current} />}
          </div>
          <Unlock account={account} />
        </div>
      )
  }
}

function CreateKey({ account }: { account: Address }) {
  const keyring = useKeyring()
  const [passphrase, setPassphrase] = useState('')
  const [again, setAgain] = useState('')
  const [tried, setTried] = useState(false)
  const problem = problemOf(passphrase)
  const differs = passphrase !== again
  const create = useWrite(async () => {
    const { key, seed } = await createKey(account, passphrase)
    keyring.unlock(account, [seed])
    downloadRecoveryFile(key)
  }, KEYS)

  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (!problem && !differs) create.start()
  }
  return (
    <form onSubmit={submit} className="max-w-md space-y-3">
      <p className="text-muted">
        Datasets are sealed to a key of yours (X25519 with ML-KEM-768, against today’s and quantum
        computers). It is made in this browser and kept here, sealed under a passphrase.
      </p>
      <Field
        label="Passphrase"
        type="password"
        autoComplete="new-password"
        value={passphrase}
        onChange={(e) => setPassphrase(e.target.value)}
        hint={`At least ${MIN_PASSPHRASE} characters; several words are best.`}
        error={tried && problem ? problem : undefined}
      />
      <Field
        label="Passphrase again"
        type="password"
        autoComplete="new-password"
        value={again}
        onChange={(e) => setAgain(e.target.value)}
        error={tried && differs ? 'The two differ.' : undefined}
      />
      {create.error !== null && <FailureNotice error={create.error} />}
      <Button type="submit" busy={create.busy}>
        Create key and save recovery file
      </Button>
    </form>
  )
}

function Register({ account, stored }: { account: Address; stored: StoredKey }) {
  const client = useReader()
  const deployment = useDeployment()
  const transact = useTransact(account)
  const register = useWrite((_: void, say) => {
    const at = { address: deployment.contracts.KeyRegistry, abi: KeyRegistry } as const
    const landed = async () => {
      const now = await client.readContract({ ...at, functionName: 'keyOf', args: [account] })
      return now.keyHash === stored.keyHash
    }
    return transact(
      { ...at, functionName: 'register', args: [toHex(stored.publicKey)] },
      landed,
      say,
    )
  })
  return (
    <div className="space-y-4">
      <p>
        Your key is ready in this browser. Register its public part on chain, so that data owners
        can seal datasets to it. This is <strong>one transaction, once</strong>.
      </p>
      <WriteRow write={register}>
        <Button onClick={() => register.start()} busy={register.busy}>
          Register my key
        </Button>
        <SaveRecovery stored={stored} />
      </WriteRow>
    </div>
  )
}

function SaveRecovery({ stored }: { stored: StoredKey }) {
  return (
    <Button look="secondary" onClick={() => downloadRecoveryFile(stored)}>
      Save recovery file
    </Button>
  )
}

interface RecoverProps {
  account: Address
  registeredHash: string
  open?: boolean
}

function Recover({ account, registeredHash, open = false }: RecoverProps) {
  const keyring = useKeyring()
  const [file, setFile] = useState<File | null>(null)
  const [passphrase, setPassphrase] = useState('')
  const recover = useWrite(async () => {
    if (!file) return
    const sealed = copy(new Uint8Array(await file.arrayBuffer()))
    const { seed } = await recoverKey(account, sealed, passphrase, registeredHash)
    keyring.unlock(account, [...keyring.seedsOf(account), seed])
  }, KEYS)

  const submit = (event: FormEvent) => {
    event.preventDefault()
    recover.start()
  }
  return (
    <details open={open} className="max-w-md rounded-xl border border-line p-4">
      <summary className="cursor-pointer font-medium">Load a recovery file</summary>
      <form onSubmit={submit} className="mt-4 space-y-3">
        <Field
          label="Recovery file"
          type="file"
          required
          onChange={(e) => setFile(e.target.files?.[0] ?? null)}
        />
        <Field
          label="Its passphrase"
          type="password"
          autoComplete="current-password"
          required
          value={passphrase}
          onChange={(e) => setPassphrase(e.target.value)}
        />
        {recover.error !== null && <FailureNotice error={recover.error} />}
        <Button type="submit" look="secondary" busy={recover.busy} disabled={!file || !passphrase}>
          Load key
        </Button>
      </form>
    </details>
  )
}

/** Asks for the passphrase, or says that the key is open in this tab. */
export function Unlock({ account }: { account: Address }) {
  const key = useKey(account)
  const keyring = useKeyring()
  const [passphrase, setPassphrase] = useState('')
  const unlock = useWrite(
    async () => {
      keyring.unlock(account, await unlockKeys(key.all, passphrase))
      setPassphrase('')
    },
    { changes: [] },
  )
  if (key.seeds.length > 0)
    return (
      <p className="flex flex-wrap items-center gap-3 text-muted">
        <span role="status">Your key is unlocked in this tab.</span>
        <Button look="quiet" onClick={() => keyring.lock(account)}>
          Lock
        </Button>
      </p>
    )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    unlock.start()
  }
  return (
    <form onSubmit={submit} className="max-w-md space-y-3">
      <Field
        label="Passphrase of your key"
        type="password"
        autoComplete="current-password"
        required
        value={passphrase}
        onChange={(e) => setPassphrase(e.target.value)}
        hint="It opens your key in this tab only, until you lock it or reload."
      />
      {unlock.error !== null && <FailureNotice error={unlock.error} />}
      <Button type="submit" busy={unlock.busy} disabled={!passphrase}>
        Unlock my key
      </Button>
    </form>
  )
}
