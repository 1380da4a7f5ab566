import type { UseQueryResult } from '@tanstack/react-query'
import { createContext, useContext, useEffect, useState, type ReactNode } from 'react'

import { date } from '@/lib/format'

import { Button } from './Button'
import { FailureNotice, Notice } from './Notice'

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

/** Whether what is inside is shown as it was read before, and could not be read anew. */
const IsOld = createContext(false)

/** That there is nothing. It is not said of what could not be read anew: by now there may be something. */
export function None({ children }: { children: ReactNode }) {
  return useContext(IsOld) ? null : <p className="text-muted">{children}</p>
}

/** As `None`, in the place of a whole list. */
export function Empty({ title, children }: { title: string; children: ReactNode }) {
  if (useContext(IsOld)) return null
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

/** A question that is under way for so many milliseconds is late. */
const LATE = 8_000

function useIsLate(isFetching: boolean): boolean {
  const [isLate, setIsLate] = useState(false)
  useEffect(() => {
    if (!isFetching) return undefined
    const timer = setTimeout(() => setIsLate(true), LATE)
    return () => {
      clearTimeout(timer)
      setIsLate(false)
    }
  }, [isFetching])
  return isLate
}

/** `read`: when what is shown was read, in milliseconds; 0: there is nothing yet. */
function NoAnswer({ read }: { read: number }) {
  return (
    <Notice tone="warn" title="No answer has come yet.">
      {read > 0 &&
        `What is shown was read at ${date(new Date(read))}, and could not be read anew. `}
      The page goes on asking.
    </Notice>
  )
}

interface Query<T> extends Pick<
  UseQueryResult<T>,
  'data' | 'dataUpdatedAt' | 'error' | 'isFetching' | 'isPending'
> {
  refetch: () => Promise<unknown>
}

/**
 * A query's three faces. `title`: of the page, while there is nothing that brings its own. Data
 * that is there stays in view while a refetch fails, or takes long; that is said above it.
 */
export function Loaded<T>({
  query,
  what,
  title,
  children,
}: {
  query: Query<T>
  what: string
  title?: string
  children: (data: T) => ReactNode
}) {
  const isLate = useIsLate(query.isFetching)
  const amiss = query.error ? (
    <FailureNotice
      error={query.error}
      action={
        <Button look="secondary" onClick={() => void query.refetch()} busy={query.isFetching}>
          Try again
        </Button>
      }
    />
  ) : (
    isLate && <NoAnswer read={query.dataUpdatedAt} />
  )
  const shown =
    query.data === undefined ? (
      query.isPending && <Loading what={what} />
    ) : (
      <IsOld value={query.error !== null || isLate}>{children(query.data)}</IsOld>
    )
  const all = (
    <div className="space-y-5">
      {amiss}
      {shown}
    </div>
  )
  return title === undefined || query.data !== undefined ? all : <Page title={title}>{all}</Page>
}
