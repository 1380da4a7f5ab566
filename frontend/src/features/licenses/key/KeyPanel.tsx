/** Create, register, unlock, save and recover a person's key. */
import { useState, type FormEvent } from 'react'
import type { Address } from 'viem'

import { Button } from '@/components/Button'
import { Field } from '@/components/Field'
import { FailureNotice, Notice } from '@/components/Notice'
import { Loading } from '@/components/Page'
import { KeyRegistry } from '@/generated/abi'
import { copy, toHex } from '@/lib/bytes'
import { useDeployment } from '@/lib/deployment'
import { useKeyring } from '@/lib/keyring'
import type { StoredKey } from '@/lib/keystore'
import { useReader } from '@/lib/useChain'
import { useTransact } from '@/lib/useTransact'

import { createKey, downloadRecoveryFile, recoverKey, unlockKeys, useKey } from './key'

const MIN_PASSPHRASE = 10

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
          <CreateKey account={account} onDone={key.refresh} />
          <Recover
            account={account}
            registeredHash={key.registered?.keyHash ?? '0x'}
            onDone={key.refresh}
          />
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
          <Recover
            account={account}
            registeredHash={key.registered?.keyHash ?? '0x'}
            onDone={key.refresh}
            open
          />
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

function CreateKey({ account, onDone }: { account: Address; onDone: () => Promise<unknown> }) {
  const keyring = useKeyring()
  const [passphrase, setPassphrase] = useState('')
  const [again, setAgain] = useState('')
  const [tried, setTried] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const short = passphrase.length < MIN_PASSPHRASE
  const differs = passphrase !== again

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (short || differs) return
    setBusy(true)
    setError(null)
    try {
      const { key, seed } = await createKey(account, passphrase)
      keyring.unlock(account, [seed])
      downloadRecoveryFile(key)
      await onDone()
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  return (
    <form onSubmit={(event) => void submit(event)} className="max-w-md space-y-3">
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
        error={
          tried && short ? `Too short: it needs at least ${MIN_PASSPHRASE} characters.` : undefined
        }
      />
      <Field
        label="Passphrase again"
        type="password"
        autoComplete="new-password"
        value={again}
        onChange={(e) => setAgain(e.target.value)}
        error={tried && differs ? 'The two differ.' : undefined}
      />
      {error !== null && <FailureNotice error={error} />}
      <Button type="submit" busy={busy}>
        Create key and save recovery file
      </Button>
    </form>
  )
}

function Register({ account, stored }: { account: Address; stored: StoredKey }) {
  const client = useReader()
  const deployment = useDeployment()
  const transact = useTransact()
  const address = deployment.contracts.KeyRegistry
  const register = () =>
    transact.run(
      account,
      { address, abi: KeyRegistry, functionName: 'register', args: [toHex(stored.publicKey)] },
      async () => {
        const now = await client.readContract({
          address,
          abi: KeyRegistry,
          functionName: 'keyOf',
          args: [account],
        })
        return now.keyHash === stored.keyHash
      },
    )
  return (
    <div className="space-y-4">
      <p>
        Your key is ready in this browser. Register its public part on chain, so that data owners
        can seal datasets to it. This is <strong>one transaction, once</strong>.
      </p>
      {transact.error !== null && <FailureNotice error={transact.error} />}
      <div className="flex flex-wrap items-center gap-3">
        <Button onClick={() => void register()} busy={transact.busy}>
          Register my key
        </Button>
        <SaveRecovery stored={stored} />
        <span role="status" className="text-muted">
          {transact.said}
        </span>
      </div>
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

function Recover({
  account,
  registeredHash,
  onDone,
  open = false,
}: {
  account: Address
  registeredHash: string
  onDone: () => Promise<unknown>
  open?: boolean
}) {
  const keyring = useKeyring()
  const [file, setFile] = useState<File | null>(null)
  const [passphrase, setPassphrase] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (!file) return
    setBusy(true)
    setError(null)
    try {
      const { seed } = await recoverKey(
        account,
        copy(new Uint8Array(await file.arrayBuffer())),
        passphrase,
        registeredHash,
      )
      keyring.unlock(account, [...keyring.seedsOf(account), seed])
      await onDone()
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  return (
    <details open={open} className="max-w-md rounded-xl border border-line p-4">
      <summary className="cursor-pointer font-medium">Load a recovery file</summary>
      <form onSubmit={(event) => void submit(event)} className="mt-4 space-y-3">
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
        {error !== null && <FailureNotice error={error} />}
        <Button type="submit" look="secondary" busy={busy} disabled={!file || !passphrase}>
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
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  if (key.seeds.length > 0)
    return (
      <p className="flex flex-wrap items-center gap-3 text-muted">
        <span role="status">Your key is unlocked in this tab.</span>
        <Button look="quiet" onClick={() => keyring.lock(account)}>
          Lock
        </Button>
      </p>
    )
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setError(null)
    try {
      keyring.unlock(account, await unlockKeys(key.all, passphrase))
      setPassphrase('')
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  return (
    <form onSubmit={(event) => void submit(event)} className="max-w-md space-y-3">
      <Field
        label="Passphrase of your key"
        type="password"
        autoComplete="current-password"
        required
        value={passphrase}
        onChange={(e) => setPassphrase(e.target.value)}
        hint="It opens your key in this tab only, until you lock it or reload."
      />
      {error !== null && <FailureNotice error={error} />}
      <Button type="submit" busy={busy} disabled={!passphrase}>
        Unlock my key
      </Button>
    </form>
  )
}
