/** Keys that are unlocked in this tab: seeds by account, in memory only, gone on reload or "Lock". */
import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from 'react'
import type { Address } from 'viem'

import type { Bytes } from '@/lib/bytes'

interface Keyring {
  seedsOf: (account: Address) => readonly Bytes[]
  unlock: (account: Address, seeds: readonly Bytes[]) => void
  lock: (account: Address) => void
}

const KeyringContext = createContext<Keyring | null>(null)
const NONE: readonly Bytes[] = []

export function KeyringProvider({ children }: { children: ReactNode }) {
  const [unlocked, setUnlocked] = useState<ReadonlyMap<string, readonly Bytes[]>>(new Map())

  const unlock = useCallback((account: Address, seeds: readonly Bytes[]) => {
    setUnlocked((held) => new Map(held).set(account.toLowerCase(), seeds))
  }, [])
  const lock = useCallback((account: Address) => {
    setUnlocked((held) => {
      for (const seed of held.get(account.toLowerCase()) ?? NONE) seed.fill(0)
      const rest = new Map(held)
      rest.delete(account.toLowerCase())
      return rest
    })
  }, [])
  const value = useMemo(() => ({ seedsOf: (account: Address) => unlocked.get(account.toLowerCase()) ?? NONE, unlock, lock }), [unlocked, unlock, lock])
  return <KeyringContext.Provider value={value}>{children}</KeyringContext.Provider>
}

export function useKeyring(): Keyring {
  const keyring = useContext(KeyringContext)
  if (!keyring) throw new Error('useKeyring outside of its provider')
  return keyring
}
