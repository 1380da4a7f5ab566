// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/react'
import { Suspense, type ReactNode } from 'react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { ErrorBoundary } from '@/components/ErrorBoundary'
import { explain } from '@/lib/explain'

import { late, latePage } from './Late'

/** Whether the API, which serves the parts, answers. */
let isAway = false
beforeEach(() => {
  isAway = false
  vi.stubGlobal('fetch', () =>
    isAway ? Promise.reject(new TypeError('Failed to fetch')) : Promise.resolve(Response.json({})),
  )
})
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

const gone = () =>
  Promise.reject(
    new TypeError('Failed to fetch dynamically imported module: /assets/Trade-0a1b2c3d.js'),
  )
const show = (part: ReactNode) =>
  render(
    <ErrorBoundary>
      <p>What was there</p>
      <Suspense fallback="…">{part}</Suspense>
    </ErrorBoundary>,
  )

describe('late', () => {
  it('shows the part, with what it is given', async () => {
    const Part = late<{ of: string }>(() =>
      Promise.resolve({ default: ({ of }) => <p>The offers of {of}</p> }),
    )
    show(<Part of="dataset 7" />)
    expect(await screen.findByText('The offers of dataset 7')).toBeInTheDocument()
  })

  it('leaves the rest of the page where a part cannot be fetched, and offers to reload', async () => {
    const Part = late(gone)
    show(<Part />)
    expect(
      await screen.findByText('This part of the page could not be loaded.'),
    ).toBeInTheDocument()
    expect(screen.getByText('What was there')).toBeInTheDocument()
    expect(screen.getByRole('button', { name: 'Reload' })).toBeEnabled()
    expect(screen.queryByText('This page broke')).toBeNull()
  })

  it('says nothing twice', async () => {
    const load = vi.fn(gone)
    const Part = late(load, () => <p>Not here</p>)
    show(<Part />)
    expect(await screen.findByText('Not here')).toBeInTheDocument()
    expect(screen.queryByRole('button')).toBeNull()
    expect(load).toHaveBeenCalledTimes(2)
  })

  it('says that the API does not answer, and shows the part by itself once it is back', async () => {
    isAway = true
    const load = vi.fn<() => Promise<{ default: () => ReactNode }>>(gone)
    const Part = latePage(load)
    show(<Part />)
    expect(await screen.findByText('The API does not answer.')).toBeInTheDocument()
    expect(screen.queryByText(/newer version/)).toBeNull()
    isAway = false
    load.mockResolvedValue({ default: () => <p>The page</p> })
    expect(await screen.findByText('The page', {}, { timeout: 30_000 })).toBeInTheDocument()
    expect(screen.queryByText('The API does not answer.')).toBeNull()
  }, 60_000)

  it('has a title where a whole page is missing', async () => {
    const Lost = latePage(gone)
    show(<Lost />)
    expect(
      await screen.findByRole('heading', { name: 'This page could not be loaded' }),
    ).toBeInTheDocument()
    expect(screen.getByRole('button', { name: 'Reload' })).toBeEnabled()
  })
})

it.each([
  'Failed to fetch dynamically imported module: /a.js',
  'error loading dynamically imported module: /a.js',
  'Importing a module script failed.',
])('explains "%s" where a part is fetched at a click', (message) => {
  expect(explain(new TypeError(message))).toMatchObject({
    kind: 'stale',
    message: 'A part of the page could not be loaded.',
  })
  expect(explain(new TypeError('x is undefined')).kind).toBe('bug')
})
