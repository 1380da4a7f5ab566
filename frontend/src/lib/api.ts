/**
 * Reads from the API: an index of the chain, served from the page's own origin. Writes never go
 * here; they go through the wallet.
 */
import type { Problem } from '@/generated/api'

import { Failure } from './failure'

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  let response: Response
  try {
    response = await fetch(path, {
      headers: { accept: 'application/json' },
      signal: within(signal),
    })
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw unavailable(cause)
  }
  if (response.ok) return (await json(response)) as T
  const problem = (await json(response).catch(() => null)) as Partial<Problem> | null
  if (response.status === 404)
    throw new Failure(
      'missing',
      problem?.detail ?? 'There is nothing at this address.',
      'The address may be mistyped. What was sent just now is here after the next block.',
    )
  if (!problem?.detail) throw unavailable()
  throw new Failure('api', problem.detail, problem.hint ?? 'Try again in a moment.')
}

/** An API that takes the request and never answers is away, too. */
const PATIENCE = 20_000

function within(signal: AbortSignal | undefined): AbortSignal {
  const limit = AbortSignal.timeout(PATIENCE)
  return signal ? AbortSignal.any([signal, limit]) : limit
}

async function json(response: Response): Promise<unknown> {
  const type = response.headers.get('content-type') ?? ''
  if (!type.includes('json')) throw unavailable()
  return response.json()
}

function unavailable(cause?: unknown): Failure {
  return new Failure(
    'api',
    'The API does not answer.',
    'Licences and payments are on chain and are not affected. Check that the stack is running; the page tries again by itself.',
    { cause },
  )
}
