import type { ButtonHTMLAttributes } from 'react'

const LOOKS = {
  primary:
    'bg-brand text-on-brand hover:bg-brand-strong border-brand disabled:bg-brand-off disabled:border-brand-off',
  secondary:
    'bg-surface text-brand border-line-strong hover:bg-brand-soft aria-pressed:bg-brand-soft disabled:text-muted disabled:hover:bg-surface',
  danger: 'bg-surface text-bad border-bad hover:bg-bad-soft',
  quiet: 'bg-transparent text-brand border-transparent hover:bg-brand-soft',
} as const

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: keyof typeof LOOKS
  /** Work is under way: said to assistive technology, and the button does nothing meanwhile. */
  busy?: boolean
}

export function Button({
  look = 'primary',
  busy = false,
  className = '',
  children,
  disabled,
  type = 'button',
  ...rest
}: Props) {
  return (
    <button
      type={type === 'submit' ? 'submit' : 'button'}
      aria-busy={busy}
      disabled={disabled || busy}
      className={`inline-flex min-h-10 items-center justify-center gap-2 rounded-lg border px-4 py-2 text-[0.95rem] font-medium leading-tight transition-colors ${LOOKS[look]} ${className}`}
      {...rest}
    >
      {busy && (
        <span
          aria-hidden
          className="size-4 animate-spin rounded-full border-2 border-current border-t-transparent"
        />
      )}
      {children}
    </button>
  )
}
