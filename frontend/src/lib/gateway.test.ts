import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterEach, describe, expect, it } from 'vitest'

import { Failure } from './failure'
import { read } from './gateway'

const DIGEST = new Uint8Array(32)
let server: Server | undefined

afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** A gateway that writes `size` bytes in pieces, and then ends or goes silent. */
async function gateway(size: number, ends = true): Promise<{ url: string; written: () => number }> {
  let written = 0
  server = createServer((_request, response) => {
    const piece = Buffer.alloc(1024)
    const write = () => {
      if (response.destroyed) return
      if (written >= size) return ends ? void response.end() : undefined
      written += piece.length
      if (response.write(piece)) setImmediate(write)
      else response.once('drain', write)
    }
    write()
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    written: () => written,
  }
}

describe('read', () => {
  it('reads a small file', async () => {
    const { url } = await gateway(4096)
    expect((await read(url, DIGEST, 4096)).length).toBe(4096)
  })

  it('stops a gateway that sends more than a file of this kind has, long before it is through', async () => {
    const endless = 2 ** 30
    const { url, written } = await gateway(endless)
    await expect(read(url, DIGEST, 4096)).rejects.toMatchObject({ kind: 'tampered' })
    expect(written()).toBeLessThan(endless / 8)
  })

  it('says that a person stopped it, not that the gateway failed', async () => {
    const { url } = await gateway(1024, false)
    const stop = new AbortController()
    const reading = read(url, DIGEST, 4096, stop.signal)
    setTimeout(() => stop.abort(), 50)
    const error = await reading.catch((failure: unknown) => failure)
    expect(error).not.toBeInstanceOf(Failure)
    expect((error as Error).name).toBe('AbortError')
  })
})
