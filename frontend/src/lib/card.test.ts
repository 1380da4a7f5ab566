/** The vectors are Python's, too (tests/backend/core/test_published_card.py). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { fromHex, toHex, utf8, type Bytes } from './bytes'
import {
  columnsOf,
  containerOf,
  diseasesOf,
  MAX_LISTED,
  permittedIn,
  readCard,
  schemasOf,
  untoldOf,
} from './card'

const VECTORS = join(import.meta.dirname, '../../../tests/vectors')

interface Case {
  name: string
  card?: string
  hex?: string
  content: string | null
  diseases: { numbers: number[]; ontology: string } | null
}

const { cases } = JSON.parse(readFileSync(join(VECTORS, 'cards.json'), 'utf8')) as { cases: Case[] }
const WRITTEN = readFileSync(join(VECTORS, 'documents/dataset-card.json'))
const EARLIER = readFileSync(join(VECTORS, 'published/card-0.6-table.json'))

const raw = ({ card, hex }: Case): Bytes => (hex === undefined ? utf8(card ?? '') : fromHex(hex))

const of = (file: object) =>
  containerOf({ distribution: [{ contentUrl: `f01701220${'03'.repeat(32)}`, ...file }] })
const within = (diseases: unknown) => permittedIn({ 'biodesci:diseases': diseases })

describe.each(cases)('a card of strangers ($name)', (vector) => {
  const digest = () => toHex(containerOf(readCard(raw(vector))).digest).slice(2)
  const diseases = () => {
    const named = diseasesOf(readCard(raw(vector)))
    if (named === null) throw new TypeError('no diseases')
    return named
  }

  it('says where the container is, or is refused, as in Python', () => {
    if (vector.content === null) expect(digest).toThrow()
    else expect(digest()).toBe(vector.content)
  })

  it('names the diseases, or is refused, as in Python', () => {
    if (vector.diseases === null) expect(diseases).toThrow()
    else expect(diseases()).toEqual(vector.diseases)
  })
})

describe('containerOf', () => {
  it.each([
    ['we write it', WRITTEN, 'data.csv'],
    ['version 0.6 wrote it', EARLIER, 'cohort.csv'],
  ])('reads a card as %s', (_, card, name) => {
    const file = containerOf(readCard(new Uint8Array(card)))
    expect({ ...file, digest: toHex(file.digest) }).toEqual({
      digest: `0x${'03'.repeat(32)}`,
      name,
      type: 'text/csv',
      size: 1064,
      contentRoot: '01'.repeat(32),
      servedAt: '',
    })
  })

  it.each([
    [`0x${'aB'.repeat(32)}`, 'ab'.repeat(32)],
    ['AB'.repeat(32), 'ab'.repeat(32)],
    [`0X${'ab'.repeat(32)}`, ''],
    [`${'ab'.repeat(32)}\n`, ''],
    ['ab'.repeat(31), ''],
    [7, ''],
    [null, ''],
  ])('reads the content root %j as in Python', (given, root) => {
    expect(of({ 'biodesci:contentRoot': given }).contentRoot).toBe(root)
  })

  it.each([
    [1064, 1064],
    ['1064', 1064],
    ['1064 B', 1064],
    [12.5, 0],
    [-1, 0],
    ['1e3', 0],
    ['9'.repeat(16), 0],
    [null, 0],
    [{}, 0],
  ])('takes the size %j for %d', (contentSize, size) => {
    expect(of({ contentSize }).size).toBe(size)
  })

  it.each([null, 7, {}, []])('needs neither name nor type: %j', (other) => {
    const { name, type } = of({ name: other, encodingFormat: other })
    expect({ name, type }).toEqual({ name: '', type: 'application/octet-stream' })
  })
})

describe('permittedIn', () => {
  it('reads the list, else the diseases that the card names', () => {
    expect(within({ permitted: ['MONDO:0005010', 'MONDO:0005068'], named: [] })).toEqual([
      5010, 5068,
    ])
    expect(within({ named: [{ id: 'MONDO:0005010' }], ontology: 'x' })).toEqual([5010])
    expect(permittedIn(readCard(new Uint8Array(WRITTEN)))).toContain(5010)
  })

  it('reads no list that is too long, and the longest that is not', () => {
    const ids = Array<string>(MAX_LISTED).fill('MONDO:0005010')
    expect(within({ permitted: ids })).toHaveLength(MAX_LISTED)
    expect(within({ permitted: [...ids, 'MONDO:0005010'] })).toBeNull()
    expect(within({ named: Array<null>(MAX_LISTED + 1).fill(null), ontology: 'x' })).toBeNull()
  })

  it.each([
    null,
    { permitted: 3 },
    { permitted: null },
    { permitted: ['MONDO:0005010', 7] },
    { named: [{ id: 'MONDO:0005010' }, null], ontology: 'x' },
    { named: [{ id: 'MONDO:0005010' }] },
  ])('reads nothing from %j', (diseases) => {
    expect(within(diseases)).toEqual([])
  })

  it.each([null, 'text', [], {}])('reads nothing from the card %j', (card) => {
    expect(permittedIn(card)).toEqual([])
  })
})

describe('columnsOf', () => {
  it.each([WRITTEN, EARLIER])('reads a card as we write it, and wrote it', (card) => {
    const columns = columnsOf(readCard(new Uint8Array(card)))
    expect(untoldOf(readCard(new Uint8Array(card)))).toBe(0)
    expect(columns.map(({ name, type }) => `${name}: ${type}`)).toContain('age: integer')
    expect(columns.flatMap(({ bars }) => bars).some(({ count }) => count === null)).toBe(true)
  })

  it('says how many columns the card leaves out', () => {
    const field = { name: 'age', 'biodesci:statistics': { distinct: 40 } }
    const card = { recordSet: [{ 'biodesci:columns': 20_000, field: [field] }] }
    expect(untoldOf(card)).toBe(19_999)
    expect(columnsOf(card)[0]?.distinct).toBe(40)
  })

  it('keeps columns and bars apart that a card names alike', () => {
    const field = {
      name: 'age',
      'biodesci:statistics': {
        histogram: [
          { value: 'x', count: 1 },
          { value: 'x', count: 2 },
        ],
      },
    }
    const columns = columnsOf({ recordSet: [{ field: [field, field] }, { field: [field] }] })
    expect(new Set(columns.map(({ id }) => id)).size).toBe(3)
    expect(columns[0]?.bars.map(({ id }) => id)).toEqual(['0', '1'])
  })

  it.each([null, 'text', { recordSet: 'x' }, { recordSet: [{ field: [null, 3] }] }])(
    'reads nothing from %j',
    (card) => {
      expect(columnsOf(card)).toEqual([])
    },
  )
})

const schemaFile = (id: string, url: string) => ({
  '@id': id,
  contentUrl: url,
  contentSize: '1064 B',
  name: '../../etc/passwd',
})
const CID = `bafybei${'a'.repeat(52)}`

describe('schemasOf', () => {
  it('finds the files of wide tables, and how many columns these have', () => {
    const recordSet = [{ '@id': 'records-2', 'biodesci:columns': 20_000, field: [] }]
    const [first, second] = schemasOf({
      distribution: [
        schemaFile('container', `ipfs://${CID}`),
        schemaFile('schema', `ipfs://${CID}`),
        schemaFile('schema-2', `f01701220${'03'.repeat(32)}`),
      ],
      recordSet,
    })
    expect(first).toEqual({ name: 'schema.parquet', cid: CID, size: 1064, columns: 0 })
    expect(second).toMatchObject({ name: 'schema-2.parquet', columns: 20_000 })
  })

  it.each([
    null,
    { distribution: 'x' },
    {
      distribution: [
        schemaFile('schema', 'https://elsewhere.example/x'),
        schemaFile('schema/..', CID),
      ],
    },
    readCard(new Uint8Array(WRITTEN)),
  ])('finds none in %j', (card) => {
    expect(schemasOf(card)).toEqual([])
  })
})

describe('readCard', () => {
  // Half a second, and not hours as by a pattern that begins anew at each quotation mark.
  it('is not kept busy by what is no JSON', { timeout: 30_000 }, () => {
    for (const text of ['"'.repeat(2 ** 20), '\\"'.repeat(2 ** 19), `"${'\\'.repeat(2 ** 20 - 1)}`])
      expect(() => readCard(utf8(text))).toThrow()
  })
})
