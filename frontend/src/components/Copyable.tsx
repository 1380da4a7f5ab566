import { useState } from 'react'

import { shorten } from '@/lib/format'

/** A hash, address or CID: shortened for the eye, whole for the clipboard and assistive technology. */
export function Copyable({ value, label, digits = 6 }: { value: string; label: string; digits?: number }) {
  const [said, setSaid] = useState('')
  const copy = () => {
    navigator.clipboard.writeText(value).then(
      () => setSaid('Copied'),
      () => setSaid('Not copied: the browser refused'),
    )
    setTimeout(() => setSaid(''), 2000)
  }
  return (
    <span className="inline-flex max-w-full items-center gap-1.5">
      <code className="truncate font-mono text-sm" title={value}>
        {shorten(value, digits)}
      </code>
      <button type="button" onClick={copy} aria-label={`Copy ${label}`} className="rounded border border-line px-1.5 py-0.5 text-xs text-muted hover:bg-brand-soft hover:text-brand">
        {said === 'Copied' ? 'Copied ✓' : 'Copy'}
      </button>
      <span role="status" className="sr-only">
        {said}
      </span>
    </span>
  )
}
