import { lazy, Suspense, type ReactNode } from 'react'

import { Failure, unexplained } from '@/lib/failure'

import { Button } from './Button'

const LOOKS = {
  info: { box: 'border-brand/30 bg-brand-soft', mark: 'i', said: 'Note' },
  good: { box: 'border-good/35 bg-good-soft', mark: '✓', said: 'Done' },
  warn: { box: 'border-accent/40 bg-accent-soft', mark: '!', said: 'Attention' },
  bad: { box: 'border-bad/40 bg-bad-soft', mark: '×', said: 'Problem' },
} as const

interface Props {
  tone?: keyof typeof LOOKS
  title: ReactNode
  children?: ReactNode
  action?: ReactNode
}

/** Problems interrupt (`alert`); everything else is announced politely (`status`). */
export function Notice({ tone = 'info', title, children, action }: Props) {
  const look = LOOKS[tone]
  return (
    <div
      role={tone === 'bad' ? 'alert' : 'status'}
      className={`flex gap-3 rounded-xl border p-4 ${look.box}`}
    >
      <span
        aria-hidden
        className="mt-0.5 grid size-6 shrink-0 place-items-center rounded-full border border-current text-sm font-bold"
      >
        {look.mark}
      </span>
      <div className="min-w-0 grow">
        <p className="font-semibold">
          <span className="sr-only">{look.said}: </span>
          {title}
        </p>
        {children && <div className="text-[0.95rem] wrap-anywhere">{children}</div>}
        {action && <div className="mt-3 flex flex-wrap gap-2">{action}</div>}
      </div>
    </div>
  )
}

/**
 * What happened, and what to do. What is no `Failure` yet comes from a wallet or a node; the words
 * for those are loaded when one is needed.
 */
export function FailureNotice({ error, ...rest }: Rest & { error: unknown }) {
  if (error instanceof Failure) return <Said failure={error} {...rest} />
  return (
    <Suspense>
      <Explained error={error} {...rest} />
    </Suspense>
  )
}

interface Rest {
  action?: ReactNode
  /** Offered where the person's own choice was all that stood in the way. */
  onRetry?: () => void
}

const Explained = lazy(async () => {
  const explain = await import('@/lib/explain').then(
    (loaded) => loaded.explain,
    () => unexplained,
  )
  return {
    default: ({ error, ...rest }: Rest & { error: unknown }) => (
      <Said failure={explain(error)} {...rest} />
    ),
  }
})

/** A choice of the person's own (declining, stopping) is no problem. */
function Said({ failure, action, onRetry }: Rest & { failure: Failure }) {
  const calm = failure.kind === 'rejected' || failure.kind === 'stopped'
  const again = calm && onRetry && (
    <Button look="secondary" onClick={onRetry}>
      Try again
    </Button>
  )
  return (
    <Notice tone={calm ? 'warn' : 'bad'} title={failure.message} action={action ?? again}>
      {failure.hint}
    </Notice>
  )
}
