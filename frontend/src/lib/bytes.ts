/**
 * Byte strings: WebCrypto wants views over plain ArrayBuffers, so that is the one type used here.
 */
export type Bytes = Uint8Array<ArrayBuffer>

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

export function copy(bytes: Uint8Array): Bytes {
  return new Uint8Array(bytes)
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

export function utf8(text: string): Bytes {
  return copy(new TextEncoder().encode(text))
}

export function toHex(bytes: Uint8Array): `0x${string}` {
  return `0x${Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')}`
}

export function fromHex(hex: string): Bytes {
  const digits = hex.startsWith('0x') ? hex.slice(2) : hex
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits))
    throw new RangeError('not a hexadecimal byte string')
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  )
}

/** What a body holds; null for one of more than `limit` bytes, of which the rest is not fetched. */
export async function readAtMost(
  limit: number,
  body: ReadableStream<Uint8Array> | null,
): Promise<Bytes | null> {
  const reader = body?.getReader()
  const parts: Uint8Array[] = []
  let size = 0
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
    size += next.value.length
    if (size > limit) {
      await reader?.cancel().catch(() => undefined)
      return null
    }
    parts.push(next.value)
  }
  return concat(...parts)
}
