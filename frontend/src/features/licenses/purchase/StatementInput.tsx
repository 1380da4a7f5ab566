/**
 * An optional research statement: its salted hash goes on chain, text and salt stay in this
 * browser.
 */
import { useId } from 'react'

export function StatementInput({
  text,
  onChange,
}: {
  text: string
  onChange: (text: string) => void
}) {
  const id = useId()
  return (
    <details className="rounded-xl border border-line px-4 py-3">
      <summary className="cursor-pointer font-medium">Add a research statement (optional)</summary>
      <div className="mt-3 space-y-1">
        <label htmlFor={id} className="block font-medium">
          Research statement
        </label>
        <textarea
          id={id}
          rows={5}
          value={text}
          onChange={(event) => onChange(event.target.value)}
          aria-describedby={`${id}-about`}
          className="w-full rounded-lg border border-line-strong bg-field px-3 py-2"
        />
        <p id={`${id}-about`} className="text-sm text-muted">
          The chain gets a salted hash of it, which tells nothing. Text and salt stay in this
          browser, with the licence, where you can save them as a file.
        </p>
      </div>
    </details>
  )
}
