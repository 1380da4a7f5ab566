import { QueryClient } from '@tanstack/react-query'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { listen, pause } from './live'

/** Stands where the browser's own would be: what the server says, the test says. */
class Source extends EventTarget {
  static made: Source[] = []
  closed = false
  readonly url: string

  constructor(url: string) {
    super()
    this.url = url
    Source.made.push(this)
  }

  close() {
    this.closed = true
  }

  say(data: unknown) {
    const text = typeof data === 'string' ? data : JSON.stringify(data)
    this.dispatchEvent(new MessageEvent('state', { data: text }))
  }
}

const KEYS = [
  ['api', 'datasets'],
  ['api', 'dataset', '7'],
  ['api', 'dataset', '8'],
  ['api', 'activity', {}],
  ['chain', 'head'],
]
let queries: QueryClient
let stop: () => void
const source = () => Source.made.at(-1) as Source
/** The keys that were asked to be read again. */
const stale = () =>
  KEYS.filter((queryKey) => queries.getQueryState(queryKey)?.isInvalidated).map((key) =>
    key.slice(1).join(' '),
  )

beforeEach(() => {
  vi.stubGlobal('EventSource', Source)
  queries = new QueryClient()
  for (const key of KEYS) queries.setQueryData(key, {})
  stop = listen(queries)
})

afterEach(() => {
  stop()
  vi.unstubAllGlobals()
})

it('asks again for what changed, and seldom for the rest', () => {
  expect(source().url).toBe('/v1/events')
  expect(pause(5_000)).toBe(5_000)
  source().say({ asOf: 1, changed: [] })
  expect(pause(5_000)).toBe(30_000)
  expect(stale()).toEqual([])
  source().say({ asOf: 2, changed: [{ kind: 'dataset', id: '7' }] })
  expect(stale()).toEqual(['datasets', 'dataset 7', 'activity [object Object]'])
})

it('asks for everything where anything may have changed', () => {
  source().say({ asOf: 2, changed: null })
  expect(stale()).toHaveLength(4)
})

it('goes back to asking now and then when the stream breaks', () => {
  source().say({ asOf: 1, changed: [] })
  source().dispatchEvent(new Event('error'))
  expect(pause(5_000)).toBe(5_000)
  expect(stale()).toHaveLength(4)
  source().say({ asOf: 1, changed: [] })
  expect(pause(5_000)).toBe(30_000)
})

it('takes what it cannot read for a change of anything', () => {
  source().say('{')
  expect(stale()).toHaveLength(4)
})

it('closes the stream at its end', () => {
  stop()
  expect(source().closed).toBe(true)
  expect(pause(5_000)).toBe(5_000)
})

it('does without where the browser has no such thing', () => {
  vi.stubGlobal('EventSource', undefined)
  expect(listen(queries)).not.toThrow()
})
