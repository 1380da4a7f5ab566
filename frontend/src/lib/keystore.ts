/**
 * What this browser keeps for its accounts, in IndexedDB: sealed private keys, useless without the
 * passphrase, and the research statements whose salted hashes are on chain.
 */
import type { Address, Hex } from 'viem'

import type { Bytes } from './bytes'
import type { Statement } from './statement'

export interface StoredKey {
  account: Address
  /** keccak256 of the public key: what KeyRegistry holds. */
  keyHash: Hex
  publicKey: Bytes
  /** Key file (keyfile.ts); the recovery file is these same bytes. */
  sealed: Bytes
  createdAt: number
}

interface StoredStatement extends Statement {
  account: Address
}

const DATABASE = 'biodesci'
const KEYS = 'keys'
const STATEMENTS = 'statements'

function database(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 2)
    request.addEventListener('upgradeneeded', ({ oldVersion }) => {
      if (oldVersion < 1)
        request.result.createObjectStore(KEYS, { keyPath: ['account', 'keyHash'] })
      request.result.createObjectStore(STATEMENTS, { keyPath: ['account', 'hash'] })
    })
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error))
  })
}

async function run<T>(
  name: string,
  mode: IDBTransactionMode,
  action: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const db = await database()
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = db.transaction(name, mode, { durability: 'strict' })
      const request = action(transaction.objectStore(name))
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
  await run(KEYS, 'readwrite', (store) => store.put({ ...key, account: canonical(key.account) }))
}

/**
 * Every key of the account, newest first: after a rotation the old one still opens old envelopes.
 */
export async function loadKeys(account: Address): Promise<StoredKey[]> {
  const all = (await run(KEYS, 'readonly', (store) => store.getAll())) as StoredKey[]
  return all
    .filter((key) => key.account === canonical(account))
    .toSorted((a, b) => b.createdAt - a.createdAt)
}

/** Kept before the purchase is sent: a hash on chain that nobody can open would be of no use. */
export async function saveStatement(account: Address, statement: Statement): Promise<void> {
  await run(STATEMENTS, 'readwrite', (store) =>
    store.put({ ...statement, account: canonical(account) }),
  )
}

export async function loadStatement(account: Address, hash: Hex): Promise<Statement | null> {
  const found = (await run(STATEMENTS, 'readonly', (store) =>
    store.get([canonical(account), hash]),
  )) as StoredStatement | undefined
  return found ?? null
}
