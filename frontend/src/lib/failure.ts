/**
 * What the page says when something goes wrong: what happened, and what to do. Every failure that
 * reaches a person is one of these; `explain` (explain.ts) turns wallet, chain and network errors
 * into one.
 */
type FailureKind =
  | 'rejected'
  | 'funds'
  | 'revert'
  | 'wrong-chain'
  | 'no-wallet'
  | 'wallet'
  | 'api'
  | 'ipfs'
  | 'rpc'
  | 'missing'
  | 'signed-out'
  | 'no-key'
  | 'wrong-key'
  | 'wrong-passphrase'
  | 'tampered'
  | 'expired'
  | 'evidence'
  | 'stopped'
  | 'stale'
  | 'bug'

export class Failure extends Error {
  readonly kind: FailureKind
  readonly hint: string

  constructor(kind: FailureKind, message: string, hint: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'Failure'
    this.kind = kind
    this.hint = hint
  }
}

/** Not every licence can be disputed: without an arbiter, or once it is settled, there is no dispute. */
export const WRONG_KEY_HINT =
  'Do not confirm the licence. Where its page offers a dispute, open it; otherwise ask the data owner to deliver the key once more.'

export function tampered(what: string, cause?: unknown): Failure {
  return new Failure(
    'tampered',
    `${what} is not what was committed on chain.`,
    'Nothing was saved. Try again: another node may hold an intact copy. If it stays so, do not confirm the licence. Where its page offers a dispute, open it; otherwise ask the data owner to provide it once more.',
    { cause },
  )
}

/** In the words of Chromium, Firefox and WebKit. */
const NOT_LOADED = /dynamically imported module|importing a module script failed/i

/**
 * For what nobody foresaw, and for a part of the page that could not be fetched when it was needed.
 */
export function unexplained(cause: unknown): Failure {
  if (cause instanceof TypeError && NOT_LOADED.test(cause.message))
    return new Failure(
      'stale',
      'A part of the page could not be loaded.',
      'Nothing was sent. Reload the page: a newer version may have taken its place, or the connection failed.',
      { cause },
    )
  return new Failure(
    'bug',
    'Something unexpected happened.',
    cause instanceof Error ? cause.message : 'Reload the page and try again.',
    { cause },
  )
}
