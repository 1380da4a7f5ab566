import { afterEach, describe, expect, it, vi } from 'vitest'

import { forgetDecrypted, openTarget } from './target'

const LARGE = 2 ** 30
afterEach(() => vi.unstubAllGlobals())

describe('openTarget', () => {
  it('keeps a large file in memory where the browser refuses its private files, as in some private windows', async () => {
    const getDirectory = vi.fn(() =>
      Promise.reject(new DOMException('not in this window', 'SecurityError')),
    )
    vi.stubGlobal('navigator', { storage: { getDirectory } })
    const target = await openTarget('a.csv', 'text/csv', LARGE)
    expect(getDirectory).toHaveBeenCalledOnce()
    await target.write(Uint8Array.of(1, 2))
    await target.write(Uint8Array.of(3))
    const file = await target.finish()
    expect([file.name, file.size, file.blob.type]).toEqual(['a.csv', 3, 'text/csv'])
    expect(new Uint8Array(await file.blob.arrayBuffer())).toEqual(Uint8Array.of(1, 2, 3))
    await expect(forgetDecrypted()).resolves.toBeUndefined()
  })
})
