/**
 * Keys that are unlocked in this tab: seeds by account, in memory only, gone on reload, "Lock", or
 * when the wallet is disconnected.
 */
import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from 'react'
import type { Address } from 'viem'

import type { Bytes } from '@/lib/bytes'

interface Keyring {
  seedsOf: (account: Address) => readonly Bytes[]
  unlock: (account: Address, seeds: readonly Bytes[]) => void
  lock: (account: Address) => void
  lockAll: () => void
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
  const lockAll = useCallback(() => {
    setUnlocked((held) => {
      for (const seeds of held.values()) for (const seed of seeds) seed.fill(0)
      return held.size === 0 ? held : new Map()
    })
  }, [])
  const value = useMemo(
    () => ({
      seedsOf: (account: Address) => unlocked.get(account.toLowerCase()) ?? NONE,
      unlock,
      lock,
      lockAll,
    }),
    [unlocked, unlock, lock, lockAll],
  )
  return <KeyringContext.Provider value={value}>{children}</KeyringContext.Provider>
}

export function useKeyring(): Keyring {
  const keyring = useContext(KeyringContext)
  if (!keyring) throw new Error('useKeyring outside of its provider')
  return keyring
}
