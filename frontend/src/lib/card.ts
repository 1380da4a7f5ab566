/** The columns of a dataset, read from its Croissant card. Withheld figures are `null`. */
export interface Bar {
  /** Its place: a card may repeat labels, and names of columns. */
  id: string
  label: string
  count: number | null
}

export interface Column {
  id: string
  name: string
  description: string
  type: string
  unit: string
  /** Share of rows without a value, 0 to 1; null where it is withheld. */
  missing: number | null
  bars: readonly Bar[]
}

type Json = Record<string, unknown>

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const objects = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : [])
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const number = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null

export function columnsOf(card: unknown): Column[] {
  if (!isObject(card)) return []
  return objects(card['recordSet']).flatMap((set, i) =>
    objects(set['field']).map((field, j) => columnOf(field, `${i}.${j}`)),
  )
}

function columnOf(field: Json, id: string): Column {
  const told = field['biodesci:statistics']
  const statistics = isObject(told) ? told : {}
  return {
    id,
    name: text(field['name']),
    description: text(field['description']),
    type: typeName(field['dataType']),
    unit: text(field['biodesci:unit']),
    missing: number(statistics['nullShare']),
    bars: barsOf(statistics),
  }
}

function typeName(type: unknown): string {
  const name = text(Array.isArray(type) ? type[0] : type)
  return name.replace(/^\w+:/, '').toLowerCase()
}

function barsOf(statistics: Json): Bar[] {
  return objects(statistics['histogram']).map((bar, i) => ({
    id: String(i),
    label: 'value' in bar ? String(bar['value']) : `${short(bar['from'])} to ${short(bar['to'])}`,
    count: number(bar['count']),
  }))
}

function short(value: unknown): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(4))) : String(value)
}

/**
 * As many of the diseases that a card names as a person may still read: whoever wrote the card
 * chose how many there are.
 */
export const MOST_NAMED = 20

export function sayDiseases(named: readonly { id: string; name: string | null }[]): string {
  const said = named.slice(0, MOST_NAMED).map(({ id, name }) => (name ? `${name} (${id})` : id))
  const more = named.length - said.length
  return said.join(', ') + (more > 0 ? ` and ${more.toLocaleString('en')} more` : '')
}
