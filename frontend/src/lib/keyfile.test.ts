import { describe, expect, it } from 'vitest'

import { copy, utf8 } from './bytes'
import { open, seal } from './keyfile'

describe('key file', () => {
  const secret = copy(crypto.getRandomValues(new Uint8Array(32)))

  it('opens with its passphrase and purpose only', async () => {
    const file = await seal(secret, 'correct horse battery', 'x-wing-seed')
    expect(await open(file, 'correct horse battery', 'x-wing-seed')).toEqual(secret)
    await expect(open(file, 'correct horse batterY', 'x-wing-seed')).rejects.toMatchObject({ kind: 'wrong-passphrase' })
    await expect(open(file, 'correct horse battery', 'another')).rejects.toMatchObject({ kind: 'wrong-passphrase' })
  })

  it('refuses a file that is no key file', async () => {
    await expect(open(utf8('not a key file at all, but long enough to be one, by its length alone'), 'x', 'x-wing-seed')).rejects.toMatchObject({ kind: 'wrong-key' })
  })

  it('refuses a damaged file', async () => {
    const file = await seal(secret, 'correct horse battery', 'x-wing-seed')
    file[file.length - 1] = (file.at(-1) ?? 0) ^ 1
    await expect(open(file, 'correct horse battery', 'x-wing-seed')).rejects.toMatchObject({ kind: 'wrong-passphrase' })
  })
})
