/** Addresses of servers of private containers: https, or this machine's own, and an origin alone. */

// Hosts as the server's origins have them (core/documents/content_request.py): an address stands in
// commands that are to be copied, where a mark of the shell's would be one.
const SAFE =
  /^https:\/\/([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d+)?$|^http:\/\/(localhost|127\.0\.0\.1)(:\d+)?$/

/** Whether it is one in its written form, as cards and lists of partners have it. */
export const isOrigin = (text: unknown): text is string =>
  typeof text === 'string' && SAFE.test(text) && URL.canParse(text)

/** The origin that somebody typed, in its written form; null where it is none, or more than one. */
export function originOf(typed: string): string | null {
  const plain = typed.trim().replace(/\/$/, '')
  if (!URL.canParse(plain)) return null
  const { origin, href } = new URL(plain)
  return isOrigin(origin) && href === `${origin}/` ? origin : null
}
