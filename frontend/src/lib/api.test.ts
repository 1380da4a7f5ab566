import { expect, it } from 'vitest'

import { addressOf } from './api'

it('fills a path, and puts the rest into the query', () => {
  expect(addressOf('/v1/datasets', {})).toBe('/v1/datasets')
  expect(addressOf('/v1/licenses/{id}', { id: 7n })).toBe('/v1/licenses/7')
  // Of an address that was typed: it stays one part of the path.
  expect(addressOf('/v1/datasets/{id}', { id: '../x?y' })).toBe('/v1/datasets/..%2Fx%3Fy')
  expect(addressOf('/v1/activity', { limit: 40, kind: ['model', 'round'], cursor: '' })).toBe(
    '/v1/activity?limit=40&kind=model&kind=round',
  )
})
