import type { UseQueryResult } from '@tanstack/react-query'
import { useEffect, type ReactNode } from 'react'

import { Button } from './Button'
import { FailureNotice } from './Notice'

interface Props {
  title: string
  lead?: ReactNode
  above?: ReactNode
  action?: ReactNode
  children: ReactNode
}

export function Page({ title, lead, above, action, children }: Props) {
  useEffect(() => {
    document.title = `${title} · BioDeSci`
  }, [title])
  return (
    <div className="space-y-7">
      <header className="space-y-2">
        {above}
        <h1 className="wrap-anywhere">{title}</h1>
        {lead && <div className="max-w-3xl text-lg text-muted wrap-anywhere">{lead}</div>}
        {action}
      </header>
      {children}
    </div>
  )
}

export function Loading({ what }: { what: string }) {
  return (
    <div role="status" className="space-y-3">
      <span className="sr-only">Loading {what}…</span>
      {[0.9, 0.7, 0.5].map((width) => (
        <div
          key={width}
          aria-hidden
          className="h-6 animate-pulse rounded-lg bg-sunken"
          style={{ width: `${width * 100}%` }}
        />
      ))}
    </div>
  )
}

export function Empty({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div
      role="status"
      className="rounded-2xl border border-dashed border-line-strong/60 px-6 py-12 text-center"
    >
      <p className="font-serif text-xl font-semibold">{title}</p>
      <div className="mx-auto mt-1 max-w-lg text-muted">{children}</div>
    </div>
  )
}

/**
 * A query's three faces. `title`: of the page, while there is nothing that brings its own. Data
 * that is there stays in view while a refetch fails; the failure is said above it.
 */
export function Loaded<T>({
  query,
  what,
  title,
  children,
}: {
  query: Pick<UseQueryResult<T>, 'data' | 'error' | 'isFetching' | 'isPending' | 'refetch'>
  what: string
  title?: string
  children: (data: T) => ReactNode
}) {
  const retry = (
    <Button look="secondary" onClick={() => void query.refetch()} busy={query.isFetching}>
      Try again
    </Button>
  )
  if (title !== undefined && query.data === undefined)
    return (
      <Page title={title}>
        {query.error ? (
          <FailureNotice error={query.error} action={retry} />
        ) : (
          <Loading what={what} />
        )}
      </Page>
    )
  return (
    <div className="space-y-5">
      {query.error && <FailureNotice error={query.error} action={retry} />}
      {query.data !== undefined ? children(query.data) : query.isPending && <Loading what={what} />}
    </div>
  )
}
