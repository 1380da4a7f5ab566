/**
 * The index says when it has read on (Server-Sent Events): what is shown of what changed is asked
 * for again. While it can't be heard, answers are asked for now and then, as ever.
 */
import type { QueryClient } from '@tanstack/react-query'

import type { StateChange } from '@/generated/api'

/** Answers change with time, too: licences expire. */
const SELDOM = 30_000

let heard = false

/** Milliseconds until an answer is asked for again, which would be `refresh` if nothing were heard. */
export function pause(refresh: number): number {
  return heard ? Math.max(refresh, SELDOM) : refresh
}

/** Listens until what it returns is called; the browser connects again by itself. */
export function listen(queries: QueryClient): () => void {
  if (typeof EventSource === 'undefined') return () => {}
  const source = new EventSource('/v1/events')
  const all = () => void queries.invalidateQueries({ queryKey: ['api'] })
  source.addEventListener('state', (event: MessageEvent<string>) => {
    heard = true
    const change = read(event.data)
    if (change === null || change.changed === null) all()
    else if (change.changed.length > 0) renew(queries, change.changed)
  })
  source.addEventListener('error', () => {
    if (!heard) return
    heard = false
    // Each query that is shown goes back to its own pace.
    all()
  })
  return () => {
    heard = false
    source.close()
  }
}

/** The lists of each kind, the answers about the things that are named, and the timeline of all. */
function renew(queries: QueryClient, changed: NonNullable<StateChange['changed']>): void {
  const kinds = new Set(changed.map(({ kind }) => kind))
  const named = new Set(changed.map(({ kind, id }) => `${kind} ${id}`))
  void queries.invalidateQueries({
    predicate: ({ queryKey: [api, what, which] }) => {
      if (api !== 'api' || typeof what !== 'string') return false
      // One thing is told of others: a dataset's page shows its licences, a model's its rounds.
      if (!kinds.has(what)) return true
      return typeof which !== 'string' || named.has(`${what} ${which}`)
    },
  })
}

function read(data: string): StateChange | null {
  try {
    return JSON.parse(data) as StateChange
  } catch {
    return null
  }
}
