// @vitest-environment jsdom
import { act, cleanup, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { Failure } from '@/lib/failure'

import { Empty, Loaded, None } from './Page'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

const READ = Date.UTC(2026, 10, 30, 12)

interface Face {
  data?: readonly string[]
  error?: Error
  isFetching?: boolean
}

function List({ data, error, isFetching = false }: Face) {
  const query = {
    data,
    dataUpdatedAt: data ? READ : 0,
    error: error ?? null,
    isFetching,
    isPending: !data && !error,
    refetch: () => Promise.resolve(),
  }
  return (
    <Loaded query={query} what="the licences">
      {(list) =>
        list.length === 0 ? (
          <>
            <Empty title="No licences yet">Buy one.</Empty>
            <None>None yet.</None>
          </>
        ) : (
          <p>{list.join()}</p>
        )
      }
    </Loaded>
  )
}

const pass = (milliseconds: number) => act(() => vi.advanceTimersByTimeAsync(milliseconds))
const OLD = /could not be read anew/

it('says that there is nothing of what was read', () => {
  render(<List data={[]} />)
  expect(screen.getByText('No licences yet')).toBeVisible()
  expect(screen.getByText('None yet.')).toBeVisible()
})

it('says it no more once a question is under way for long, and says why', async () => {
  const { rerender } = render(<List data={[]} isFetching />)
  await pass(3_000)
  expect(screen.getByText('No licences yet')).toBeVisible()
  await pass(6_000)
  expect(screen.getByText(OLD)).toBeVisible()
  expect(screen.queryByText('No licences yet')).toBeNull()
  expect(screen.queryByText('None yet.')).toBeNull()
  rerender(<List data={[]} />)
  expect(screen.queryByText(OLD)).toBeNull()
  expect(screen.getByText('No licences yet')).toBeVisible()
})

it('keeps what is there in view under the notice', async () => {
  render(<List data={['licence 7']} isFetching />)
  await pass(9_000)
  expect(screen.getByText('licence 7')).toBeVisible()
  expect(screen.getByText(OLD)).toBeVisible()
})

it('says of a failure instead, and of nothing that there is nothing', async () => {
  const error = new Failure('rpc', 'The chain’s node does not answer.', 'Nothing is lost.')
  render(<List data={[]} error={error} isFetching />)
  await pass(9_000)
  expect(screen.getByText('The chain’s node does not answer.')).toBeVisible()
  expect(screen.queryByText(OLD)).toBeNull()
  expect(screen.queryByText('No licences yet')).toBeNull()
})

it('says that no answer has come where nothing was read yet', async () => {
  render(<List isFetching />)
  await pass(9_000)
  expect(screen.getByText('No answer has come yet.')).toBeVisible()
})
