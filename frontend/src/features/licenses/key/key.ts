/** A person's key: what the chain says is registered, and what this browser holds. */
import { useQuery } from '@tanstack/react-query'
import { keccak256, type Address } from 'viem'

import type { Bytes } from '@/lib/bytes'
import { useDeployment } from '@/lib/deployment'
import { Failure } from '@/lib/failure'
import { useKeyring } from '@/lib/keyring'
import { loadKeys, saveKey, type StoredKey } from '@/lib/keystore'
import { save } from '@/lib/save'
import { useReader } from '@/lib/useChain'

import { registeredKey } from '../chain'

export const PURPOSE = 'x-wing-seed'
const NO_HASH = `0x${'0'.repeat(64)}`

type KeyStatus =
  /** nothing registered, nothing here */
  | 'none'
  /** made in this browser, the transaction is still to come */
  | 'unregistered'
  /** registered, and held here */
  | 'ready'
  /** registered, but the private part is elsewhere */
  | 'elsewhere'

export function useKey(account: Address) {
  const client = useReader()
  const deployment = useDeployment()
  const keyring = useKeyring()
  const registered = useQuery(registeredKey(client, deployment, account))
  const stored = useQuery({
    queryKey: ['browser', 'keys', account],
    queryFn: () => loadKeys(account),
  })

  let status: KeyStatus | undefined
  let current: StoredKey | undefined
  if (registered.data && stored.data) {
    const hash = registered.data.keyHash
    current = hash === NO_HASH ? stored.data[0] : stored.data.find((key) => key.keyHash === hash)
    if (hash === NO_HASH) status = current ? 'unregistered' : 'none'
    else status = current ? 'ready' : 'elsewhere'
  }
  return {
    status,
    current,
    all: stored.data ?? [],
    registered: registered.data,
    error: registered.error ?? stored.error,
    seeds: keyring.seedsOf(account),
    refresh: () => Promise.all([registered.refetch(), stored.refetch()]),
  }
}

/**
 * Makes a key and stores it sealed; the seed in clear never leaves this function except into the
 * keyring.
 */
export async function createKey(
  account: Address,
  passphrase: string,
): Promise<{ key: StoredKey; seed: Bytes }> {
  const [envelope, keyfile] = await Promise.all([import('@/lib/envelope'), import('@/lib/keyfile')])
  const seed = envelope.generateSeed()
  const publicKey = await envelope.publicKey(seed)
  const key: StoredKey = {
    account,
    keyHash: keccak256(publicKey),
    publicKey,
    sealed: await keyfile.seal(seed, passphrase, PURPOSE),
    createdAt: Date.now(),
  }
  await saveKey(key)
  return { key, seed }
}

/**
 * Takes a key from a recovery file into this browser, once it has been opened and matches a known
 * or the registered key.
 */
export async function recoverKey(
  account: Address,
  file: Bytes,
  passphrase: string,
  registeredHash: string,
): Promise<{ key: StoredKey; seed: Bytes }> {
  const [envelope, keyfile] = await Promise.all([import('@/lib/envelope'), import('@/lib/keyfile')])
  const seed = await keyfile.open(file, passphrase, PURPOSE)
  const publicKey = await envelope.publicKey(seed)
  const keyHash = keccak256(publicKey)
  if (registeredHash !== NO_HASH && keyHash !== registeredHash)
    throw new Failure(
      'wrong-key',
      'This recovery file holds another key than the one registered for your account.',
      'Choose the file you saved when you created the registered key.',
    )
  const key: StoredKey = { account, keyHash, publicKey, sealed: file, createdAt: Date.now() }
  await saveKey(key)
  return { key, seed }
}

/** Opens every key of the account that this passphrase opens; at least one. */
export async function unlockKeys(keys: readonly StoredKey[], passphrase: string): Promise<Bytes[]> {
  const keyfile = await import('@/lib/keyfile')
  const seeds: Bytes[] = []
  let failure: unknown = new Failure(
    'no-key',
    'This browser holds no key for your account.',
    'Load your recovery file under "My key".',
  )
  for (const key of keys) {
    try {
      seeds.push(await keyfile.open(key.sealed, passphrase, PURPOSE))
    } catch (error) {
      failure = error
    }
  }
  if (seeds.length === 0) throw failure
  return seeds
}

export function downloadRecoveryFile(key: StoredKey): void {
  const content = new Blob([key.sealed], { type: 'application/octet-stream' })
  save(`biodesci-key-${key.account.slice(2, 10)}.bdsk`, content)
}
