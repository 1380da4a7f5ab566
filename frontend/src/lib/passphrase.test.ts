import { readFileSync } from 'node:fs'

import { expect, it } from 'vitest'

import { MIN_PASSPHRASE, problemOf } from './passphrase'

it.each([
  ['a', false],
  ['nine char', false],
  ['ten chars!', true],
  // Four of these would be eight UTF-16 units, and nine of them eighteen.
  ['🔑'.repeat(9), false],
  ['🔑'.repeat(10), true],
  // A letter and its accent are one character, however the keyboard sends them.
  ['e\u0301'.repeat(9), false],
])('judges a passphrase by its characters: %s', (passphrase, good) => {
  expect(problemOf(passphrase) === null).toBe(good)
})

it('says how long it must be', () => {
  expect(problemOf('a')).toContain(String(MIN_PASSPHRASE))
})

it('has the rule of the command line', () => {
  const keyfile = new URL('../../../backend/biodesci/core/keyfile.py', import.meta.url)
  const shortest = /^SHORTEST_PASSPHRASE.* = (\d+)/m.exec(readFileSync(keyfile, 'utf8'))?.[1]
  expect(Number(shortest)).toBe(MIN_PASSPHRASE)
})
