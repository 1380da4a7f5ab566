import { useId, type InputHTMLAttributes } from 'react'

interface Props extends Omit<InputHTMLAttributes<HTMLInputElement>, 'id'> {
  label: string
  hint?: string
  error?: string | undefined
}

export function Field({ label, hint, error, ...input }: Props) {
  const id = useId()
  return (
    <div className="space-y-1">
      <label htmlFor={id} className="block font-medium">
        {label}
      </label>
      <input
        id={id}
        aria-invalid={error ? true : undefined}
        aria-describedby={`${id}-about`}
        className="w-full rounded-lg border border-line-strong bg-field px-3 py-2 aria-invalid:border-bad"
        {...input}
      />
      <p
        id={`${id}-about`}
        className={`min-h-5 text-sm ${error ? 'font-medium text-bad' : 'text-muted'}`}
      >
        {error ?? hint}
      </p>
    </div>
  )
}

interface CheckProps {
  label: string
  checked: boolean
  onChange: (checked: boolean) => void
  note?: string
}

export function Check({ label, checked, onChange, note }: CheckProps) {
  const id = useId()
  return (
    <div className="flex items-start gap-3">
      <input
        id={id}
        type="checkbox"
        checked={checked}
        onChange={(e) => onChange(e.target.checked)}
        className="mt-1 size-4.5 shrink-0 accent-brand"
      />
      <label htmlFor={id} className="leading-snug">
        {label}
        {note && <span className="block text-sm text-muted">{note}</span>}
      </label>
    </div>
  )
}
