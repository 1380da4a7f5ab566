/** The sealed private keys of this browser's accounts, in IndexedDB. What lies here is useless without the passphrase. */
import type { Address, Hex } from 'viem'

import type { Bytes } from './bytes'

export interface StoredKey {
  account: Address
  /** keccak256 of the public key: what KeyRegistry holds. */
  keyHash: Hex
  publicKey: Bytes
  /** Key file (keyfile.ts); the recovery file is these same bytes. */
  sealed: Bytes
  createdAt: number
}

const DATABASE = 'biodesci'
const KEYS = 'keys'

function database(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1)
    request.addEventListener('upgradeneeded', () => request.result.createObjectStore(KEYS, { keyPath: ['account', 'keyHash'] }))
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error))
  })
}

async function run<T>(mode: IDBTransactionMode, action: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const db = await database()
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = db.transaction(KEYS, mode, { durability: 'strict' })
      const request = action(transaction.objectStore(KEYS))
      transaction.addEventListener('complete', () => resolve(request.result))
      transaction.addEventListener('abort', () => reject(transaction.error))
      transaction.addEventListener('error', () => reject(transaction.error))
    })
  } finally {
    db.close()
  }
}

/** Addresses are compared without their checksum capitals. */
const canonical = (account: Address) => account.toLowerCase() as Address

export async function saveKey(key: StoredKey): Promise<void> {
  await run('readwrite', (store) => store.put({ ...key, account: canonical(key.account) }))
}

/** Every key of the account, newest first: after a rotation the old one still opens old envelopes. */
export async function loadKeys(account: Address): Promise<StoredKey[]> {
  const all = (await run('readonly', (store) => store.getAll())) as StoredKey[]
  return all.filter((key) => key.account === canonical(account)).toSorted((a, b) => b.createdAt - a.createdAt)
}
