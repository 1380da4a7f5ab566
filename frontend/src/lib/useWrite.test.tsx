// @vitest-environment jsdom
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { act, renderHook, waitFor } from '@testing-library/react'
import type { ReactNode } from 'react'
import { expect, it, vi } from 'vitest'

import { useWrite, type Say } from './useWrite'

/** A write that goes on until the test lets it end. */
function held() {
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = []
  const asked: string[] = []
  const run = (input: string, say: Say) => {
    asked.push(input)
    say(`doing ${input}`)
    return new Promise<string>((resolve, reject) =>
      ends.push({ resolve: () => resolve(`${input} done`), reject }),
    )
  }
  return { run, asked, last: () => ends.at(-1) }
}

function show<T>(hook: () => T) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  )
  return { client, ...renderHook(hook, { wrapper }) }
}

it('says what it waits for, has what came of it, and is not begun twice', async () => {
  const { run, asked, last } = held()
  const { result } = show(() => useWrite(run))
  expect(result.current).toMatchObject({ busy: false, said: null, error: null, done: undefined })

  // Two clicks before the button could be drawn anew.
  act(() => {
    result.current.start('a purchase')
    result.current.start('a purchase')
  })
  await waitFor(() => expect(result.current.said).toBe('doing a purchase'))
  expect(result.current).toMatchObject({ busy: true, input: 'a purchase' })
  act(() => result.current.start('another'))
  expect(asked).toEqual(['a purchase'])

  act(() => last()?.resolve())
  await waitFor(() => expect(result.current.done).toBe('a purchase done'))
  expect(result.current).toMatchObject({ busy: false, said: null, error: null })
  act(() => result.current.start('another'))
  await waitFor(() => expect(asked).toEqual(['a purchase', 'another']))
})

it('keeps a failure until it is tried again, with the same input', async () => {
  const { run, asked, last } = held()
  const { result } = show(() => useWrite(run))
  const declined = new Error('declined')
  act(() => result.current.start('a purchase'))
  await waitFor(() => expect(asked).toHaveLength(1))
  act(() => last()?.reject(declined))
  await waitFor(() => expect(result.current.error).toBe(declined))
  expect(result.current).toMatchObject({ busy: false, said: null })

  act(() => result.current.retry())
  await waitFor(() => expect(asked).toEqual(['a purchase', 'a purchase']))
  expect(result.current.error).toBeNull()
})

it.each(['resolve', 'reject'] as const)(
  'has whatever is on screen read anew when it ends (%s), and no more than it changes',
  async (end) => {
    const { run, asked, last } = held()
    const read = { chain: vi.fn(() => 1), api: vi.fn(() => 1) }
    const { result } = show(() => {
      useQuery({ queryKey: ['chain', 'license'], queryFn: read.chain, staleTime: Infinity })
      useQuery({ queryKey: ['api', 'dataset'], queryFn: read.api, staleTime: Infinity })
      return { all: useWrite(run), chain: useWrite(run, { changes: [['chain']] }) }
    })
    await waitFor(() => expect(read.api).toHaveBeenCalledTimes(1))
    act(() => result.current.chain.start('first'))
    await waitFor(() => expect(asked).toHaveLength(1))
    act(() => last()?.[end](new Error('failed')))
    await waitFor(() => expect(read.chain).toHaveBeenCalledTimes(2))
    expect(read.api).toHaveBeenCalledTimes(1)

    act(() => result.current.all.start('second'))
    await waitFor(() => expect(asked).toHaveLength(2))
    act(() => last()?.[end](new Error('failed')))
    await waitFor(() => expect(read.api).toHaveBeenCalledTimes(2))
    expect(read.chain).toHaveBeenCalledTimes(3)
  },
)

it('keeps nothing of what was typed or made, once nobody shows it', async () => {
  const { client, result, unmount } = show(() => useWrite(async (seed: string) => seed))
  act(() => result.current.start('a secret'))
  await waitFor(() => expect(result.current.done).toBe('a secret'))
  unmount()
  await waitFor(() => expect(client.getMutationCache().getAll()).toEqual([]))
})
