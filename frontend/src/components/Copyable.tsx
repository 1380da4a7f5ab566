import { useState } from 'react'

import { Short, type Place } from './Explorer'

interface Props {
  value: string
  label: string
  digits?: number
  /** What it is on chain, if it is there: links to the network's block explorer. */
  on?: Place
}

/**
 * A hash, address or CID: shortened for the eye, whole for the clipboard and assistive technology.
 */
export function Copyable({ value, label, digits = 6, on }: Props) {
  return (
    <span className="inline-flex max-w-full items-center gap-1.5">
      <Short value={value} what={label} place={on} digits={digits} />
      <CopyButton value={value} label={label} />
    </span>
  )
}

/** A command line, whole. */
export function Command({ line, label }: { line: string; label: string }) {
  return (
    <span className="flex items-start gap-2 rounded-lg bg-sunken px-3 py-2">
      <code className="min-w-0 grow font-mono text-sm wrap-anywhere">{line}</code>
      <CopyButton value={line} label={label} />
    </span>
  )
}

function CopyButton({ value, label }: { value: string; label: string }) {
  const [said, setSaid] = useState('')
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value)
      setSaid('Copied')
    } catch {
      // Refused, or not there at all: browsers keep the clipboard from pages that came without TLS.
      setSaid('Not copied: the browser refused')
    }
    setTimeout(() => setSaid(''), 2000)
  }
  return (
    <>
      <button
        type="button"
        onClick={() => void copy()}
        aria-label={`Copy ${label}`}
        className="shrink-0 rounded border border-line px-1.5 py-0.5 text-xs text-muted hover:bg-brand-soft hover:text-brand"
      >
        {said === 'Copied' ? 'Copied ✓' : 'Copy'}
      </button>
      <span role="status" className="sr-only">
        {said}
      </span>
    </>
  )
}
