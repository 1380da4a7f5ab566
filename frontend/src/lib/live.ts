/**
 * The index says when it has read on (Server-Sent Events): where that changed something, answers are
 * asked for again. While it can't be heard, they are asked for now and then, as ever.
 */
import type { QueryClient } from '@tanstack/react-query'

import type { StateChange } from '@/generated/api'

/** Answers change with time, too: licences expire. */
const SELDOM = 30_000
/** Between two renewals: some chains have four blocks a second. */
const SHORTEST = 1_000

let heard = false

/** Milliseconds until an answer is asked for again, which would be `refresh` if nothing were heard. */
export function pause(refresh: number): number {
  return heard ? Math.max(refresh, SELDOM) : refresh
}

/** Listens until what it returns is called; the browser connects again by itself. */
export function listen(queries: QueryClient): () => void {
  if (typeof EventSource === 'undefined') return () => {}
  const source = new EventSource('/v1/events')
  const renew = renewing(queries)
  source.addEventListener('state', (event: MessageEvent<string>) => {
    heard = true
    // What changed is told of other things, too: a dataset's page has its licences, and those that it
    // descends from. So all that is shown is asked for, not only what is named.
    if (read(event.data)?.changed?.length !== 0) void renew()
  })
  source.addEventListener('error', () => {
    if (!heard) return
    heard = false
    // Each query that is shown goes back to its own pace.
    void renew()
  })
  return () => {
    heard = false
    source.close()
  }
}

/**
 * Asks for all that is shown at once; for what changes meanwhile, once more after that. An answer
 * that is under way is not given up for the next one: none would ever come.
 */
function renewing(queries: QueryClient): () => Promise<void> {
  let underWay = false
  let again = false
  return async () => {
    again = true
    if (underWay) return
    underWay = true
    while (again) {
      again = false
      await Promise.all([
        queries.invalidateQueries({ queryKey: ['api'] }),
        new Promise((resolve) => setTimeout(resolve, SHORTEST)),
      ])
    }
    underWay = false
  }
}

function read(data: string): StateChange | null {
  try {
    return JSON.parse(data) as StateChange
  } catch {
    return null
  }
}
