import { QueryClient, QueryObserver } from '@tanstack/react-query'
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
const change = (asOf: number) =>
  source().say({ asOf, changed: [{ kind: 'dataset', id: String(asOf) }] })
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
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

it('asks again where something changed, and else seldom', () => {
  expect(source().url).toBe('/v1/events')
  expect(pause(5_000)).toBe(5_000)
  source().say({ asOf: 1, changed: [] })
  expect(pause(5_000)).toBe(30_000)
  expect(stale()).toEqual([])
  // Dataset 8 may descend from dataset 7, or be what the licence is of.
  const changed = ['dataset 7', 'license 3'].map((one) => one.split(' '))
  source().say({ asOf: 2, changed: changed.map(([kind, id]) => ({ kind, id })) })
  expect(stale()).toEqual(['datasets', 'dataset 7', 'dataset 8', 'activity [object Object]'])
})

it('lets an answer come however often something changes, then asks once for all of that', async () => {
  const asked: (() => void)[] = []
  const observer = new QueryObserver(queries, {
    queryKey: ['api', 'slow'],
    queryFn: () => new Promise<number>((resolve) => asked.push(() => resolve(asked.length))),
    initialData: 0,
    staleTime: Infinity,
  })
  const end = observer.subscribe(() => {})
  vi.useFakeTimers()
  change(2)
  for (let block = 3; block < 13; block++) {
    await vi.advanceTimersByTimeAsync(250)
    change(block)
  }
  expect(asked).toHaveLength(1)
  asked[0]?.()
  await vi.advanceTimersByTimeAsync(0)
  expect(observer.getCurrentResult().data).toBe(1)
  expect(asked).toHaveLength(2)
  // Not even quick answers are asked for at each block of a quick chain.
  asked[1]?.()
  for (let block = 13; block < 17; block++) {
    await vi.advanceTimersByTimeAsync(200)
    change(block)
  }
  expect(asked).toHaveLength(2)
  await vi.advanceTimersByTimeAsync(200)
  expect(asked).toHaveLength(3)
  end()
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
