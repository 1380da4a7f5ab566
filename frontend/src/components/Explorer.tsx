/**
 * Where people look at the chain: links to the network's block explorer, if it has a known one;
 * plain text on a local chain.
 */
import { createContext, useContext, type ReactNode } from 'react'

import { shorten } from '@/lib/format'

interface Explorer {
  /** null: none is known */
  url: string | null
  /** Addresses of the deployment's contracts by their names. */
  contracts: Readonly<Record<string, string>>
}

const ExplorerContext = createContext<Explorer>({ url: null, contracts: {} })

export const ExplorerContextProvider = ExplorerContext.Provider

export type Place = 'tx' | 'address'

const HEX = /^0x[0-9a-fA-F]+$/

/** The paths are those that EIP-3091 names. */
function Linked({
  place,
  value,
  label,
  children,
}: {
  place: Place | undefined
  value: string
  label?: string
  children: ReactNode
}) {
  const { url } = useContext(ExplorerContext)
  if (!url || !place || !HEX.test(value)) return children
  return (
    <a
      href={`${url}/${place}/${value}`}
      target="_blank"
      rel="noopener noreferrer"
      className="relative min-w-0"
      aria-label={label}
    >
      {children}
    </a>
  )
}

/** A hash, address or CID, shortened for the eye. `place`: what it is on chain, if it is there. */
export function Short({
  value,
  what,
  place,
  digits,
}: {
  value: string
  what: string
  place?: Place | undefined
  digits?: number
}) {
  return (
    <Linked
      place={place}
      value={value}
      label={`${what} ${shorten(value, digits)} on the block explorer`}
    >
      <code className="block truncate font-mono text-sm" title={value}>
        {shorten(value, digits)}
      </code>
    </Linked>
  )
}

/** A contract of the deployment by its name. */
export function ContractName({ name }: { name: string }) {
  const address = useContext(ExplorerContext).contracts[name]
  if (!address) return name
  return (
    <Linked place="address" value={address} label={`${name} on the block explorer`}>
      <span title={address}>{name}</span>
    </Linked>
  )
}
