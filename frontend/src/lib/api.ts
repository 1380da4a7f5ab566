/**
 * The API: an index of the chain, served from the page's own origin. What changes the chain never
 * goes here; it goes through the wallet. Signing in and out is all that does (session.ts).
 */
import type { Posts, Problem, Reads } from '@/generated/api'

import { Failure } from './failure'

export type Path = keyof Reads
export type Given<P extends Path> = Reads[P]['given']
export type Answer<P extends Path> = Reads[P]['answer']

/** `given`: what stands in the path, and the query. */
export function get<P extends Path>(
  path: P,
  given: Given<P>,
  signal?: AbortSignal,
): Promise<Answer<P>> {
  return ask(addressOf(path, given), { signal: within(signal) }, signal)
}

export function post<P extends keyof Posts>(
  path: P,
  body: Posts[P]['body'],
): Promise<Posts[P]['answer']> {
  const headers = { 'content-type': 'application/json' }
  return ask(path, { method: 'POST', headers, body: JSON.stringify(body), signal: within() })
}

export function remove(path: '/v1/session'): Promise<void> {
  return ask(path, { method: 'DELETE', signal: within() })
}

/** What is empty is not asked for. */
export function addressOf(path: string, given: object): string {
  let address = path
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(given) as [string, unknown][]) {
    const place = `{${name}}`
    if (address.includes(place)) address = address.replace(place, encodeURIComponent(String(value)))
    else for (const one of [value].flat()) if (one !== '') query.append(name, String(one))
  }
  return query.size === 0 ? address : `${address}?${query.toString()}`
}

/** `stopped`: by whoever asked, which is no failure of the API's. */
async function ask<T>(path: string, request: RequestInit, stopped?: AbortSignal): Promise<T> {
  let response: Response
  try {
    response = await fetch(path, {
      ...request,
      headers: { accept: 'application/json', ...request.headers },
    })
  } catch (cause) {
    if (stopped?.aborted) throw cause
    throw unavailable(cause)
  }
  if (response.status === 204) return undefined as T
  if (response.ok) return (await json(response)) as T
  const problem = (await json(response).catch(() => null)) as Partial<Problem> | null
  if (response.status === 404)
    throw new Failure(
      'missing',
      problem?.detail ?? 'There is nothing at this address.',
      'The address may be mistyped. What was sent just now is here after the next block.',
    )
  if (response.status === 401)
    throw new Failure(
      'signed-out',
      'You are not signed in any more.',
      'Sign in again: a session lasts half an hour, and ends when the server is started anew.',
    )
  if (!problem?.detail) throw unavailable()
  throw new Failure('api', problem.detail, problem.hint ?? 'Try again in a moment.')
}

/** An API that takes the request and never answers is away, too. */
const PATIENCE = 20_000

function within(signal?: AbortSignal): AbortSignal {
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
    'Licences and payments are on chain and are not affected. The page tries again by itself.',
    { cause },
  )
}
