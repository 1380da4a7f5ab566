import { describe, expect, it } from 'vitest'

import { copy, fromHex, utf8 } from './bytes'
import { open, seal } from './keyfile'

const LOW_COST = 10

describe('key file', () => {
  const secret = copy(crypto.getRandomValues(new Uint8Array(32)))

  it('opens with its passphrase and purpose only', async () => {
    const file = await seal(secret, 'correct horse battery', 'x-wing-seed', LOW_COST)
    expect(await open(file, 'correct horse battery', 'x-wing-seed')).toEqual(secret)
    await expect(open(file, 'correct horse batterY', 'x-wing-seed')).rejects.toMatchObject({
      kind: 'wrong-passphrase',
    })
    await expect(open(file, 'correct horse battery', 'another')).rejects.toMatchObject({
      kind: 'wrong-passphrase',
    })
  })

  it('opens what core/keyfile.py sealed, whichever way the accent was typed', async () => {
    const file = fromHex(
      '4244534b010a0803507ee64e154519388bb0d01998614c46d34bc7c84474c8f94ed8d639fea48f37083025f839e4aa97c02f24c292a470ac6fb3b3bc03be9df922b03f6237a5d4ad342489f24e1ff340ae7ef182',
    )
    for (const passphrase of ['cafe\u0301 au lait', 'caf\u00e9 au lait'])
      expect(await open(file, passphrase, 'x-wing-seed')).toEqual(
        Uint8Array.from({ length: 32 }, (_, i) => i),
      )
  })

  it('refuses a file that is no key file', async () => {
    await expect(
      open(
        utf8('not a key file at all, but long enough to be one, by its length alone'),
        'x',
        'x-wing-seed',
      ),
    ).rejects.toMatchObject({ kind: 'wrong-key' })
  })

  it('refuses a damaged file', async () => {
    const file = await seal(secret, 'correct horse battery', 'x-wing-seed', LOW_COST)
    file[file.length - 1] = (file.at(-1) ?? 0) ^ 1
    await expect(open(file, 'correct horse battery', 'x-wing-seed')).rejects.toMatchObject({
      kind: 'wrong-passphrase',
    })
  })
})
