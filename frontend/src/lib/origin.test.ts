import { describe, expect, it } from 'vitest'

import { originOf } from './origin'

describe('the address of a server that somebody types', () => {
  it.each([
    ['https://data.partner.example', 'https://data.partner.example'],
    [' HTTPS://Data.Partner.example:443/ ', 'https://data.partner.example'],
    ['https://data.partner.example:8443', 'https://data.partner.example:8443'],
    ['http://127.0.0.1:8760', 'http://127.0.0.1:8760'],
  ])('%j is %s', (typed, origin) => {
    expect(originOf(typed)).toBe(origin)
  })

  it.each([
    '',
    'data.partner.example',
    'http://data.partner.example',
    'https://me@data.partner.example',
    'https://data.partner.example/containers',
    'https://data.partner.example/?x',
    'https://data.partner.example#x',
    'javascript:alert(1)',
    'https://partner.example;reboot',
    'https://$(reboot).example',
  ])('%j is none', (typed) => {
    expect(originOf(typed)).toBeNull()
  })
})
