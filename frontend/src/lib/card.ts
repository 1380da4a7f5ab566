/**
 * A dataset's card that somebody published: each part of it is read by itself. Cards are for ever,
 * and were written by earlier versions and by strangers, so what is needed must be right, and
 * whatever else is in a card keeps nobody from it. core/documents/published_card.py reads them by
 * the same rules; both refuse the same ones (tests/vectors/cards.json).
 */
import type {
  Category,
  Column as WrittenColumn,
  DatasetCardFile,
  FileObject,
  Interval,
  NamedDisease,
  PermittedDiseases,
  PlainFile,
  RecordSet,
  SchemaFile,
  Statistics,
} from '@/generated/documents'

import type { Bytes } from './bytes'
import { fromDigest, toDigest } from './cid'
import { parseDisease } from './disease'

/** A part as this version writes it, of which nothing is sure but the names of the fields. */
type Unread<T> = { readonly [Field in keyof T]?: unknown }

/** Levels of nesting, as Python has it. */
const MAX_DEPTH = 64

/** What JSON has not, and Python's own writer writes all the same; texts are passed over. */
const NO_NUMBERS = /"(?:[^"\\]|\\[\s\S]?)*(?:"|$)|-?Infinity|NaN/g

/** A card's JSON object. Throws where there is none. */
export function readCard(raw: Bytes): object {
  const text = new TextDecoder().decode(raw)
  let card: unknown
  try {
    card = JSON.parse(text)
  } catch {
    card = JSON.parse(
      text.replaceAll(NO_NUMBERS, (piece) => (piece.startsWith('"') ? piece : 'null')),
    )
  }
  if (!isObject(card) || isTooDeep(card))
    throw new TypeError('the card is no object, or is nested too deeply')
  return card
}

export interface ContainerFile {
  /** Of the CID: what IPFS is asked for. */
  digest: Bytes
  /** Of the plain file, as the publisher named it. */
  name: string
  type: string
  /** Of the container, in bytes; 0 where the card does not say. */
  size: number
  /** The content root that the card gives it; '' where it gives none that can be read. */
  contentRoot: string
  /** The origin of the owner's server that gives a private one; '' for one on IPFS. */
  servedAt: string
}

const ROOT = /^(?:0x)?([0-9a-fA-F]{64})$/

/** Where the encrypted file is. Throws where the card does not say that. */
export function containerOf(card: unknown): ContainerFile {
  const { distribution } = partOf<DatasetCardFile>(card)
  const [first, second]: unknown[] = Array.isArray(distribution) ? distribution : []
  const file = partOf<FileObject>(first)
  // Of earlier versions the container is described by what is in it.
  const contained = partOf<PlainFile>(second)
  const plain = contained.containedIn === undefined ? file : contained
  return {
    digest: toDigest(text(file.contentUrl).replace(/^ipfs:\/\//, '')),
    name: text(plain.name),
    type: text(plain.encodingFormat) || 'application/octet-stream',
    size: sizeOf(file.contentSize),
    contentRoot: ROOT.exec(text(file['biodesci:contentRoot']))?.[1]?.toLowerCase() ?? '',
    servedAt: text(file['biodesci:servedAt']),
  }
}

export interface NamedDiseases {
  /** Of their MONDO ids. */
  numbers: number[]
  /** The release of MONDO. */
  ontology: string
}

/** The diseases that a card names for its term DS; null where it does not. */
export function diseasesOf(card: unknown): NamedDiseases | null {
  const { named, ontology } = partOf<PermittedDiseases>(
    partOf<DatasetCardFile>(card)['biodesci:diseases'],
  )
  if (!Array.isArray(named) || typeof ontology !== 'string' || HALF.test(ontology)) return null
  const numbers = numbersOf(named.map((one) => partOf<NamedDisease>(one).id))
  return numbers && { numbers, ontology }
}

/** MONDO has under 30,000 diseases; a list longer than this was made to keep a page busy. */
export const MAX_LISTED = 65_536

/**
 * A card's word for all that its term DS permits, else for what it names: worth nothing until its
 * tree has the root that is on chain. null: it is too long to be read.
 */
export function permittedIn(card: unknown): number[] | null {
  const { permitted, named } = partOf<PermittedDiseases>(
    partOf<DatasetCardFile>(card)['biodesci:diseases'],
  )
  const list: unknown = permitted ?? named
  if (Array.isArray(list) && list.length > MAX_LISTED) return null
  if (permitted === undefined) return diseasesOf(card)?.numbers ?? []
  return (Array.isArray(permitted) ? numbersOf(permitted) : null) ?? []
}

export interface Bar {
  /** Its place: a card may repeat labels, and names of columns. */
  id: string
  label: string
  /** null where it is withheld. */
  count: number | null
}

export interface Column {
  id: string
  name: string
  description: string
  type: string
  unit: string
  /** Share of people without a value, 0 to 1; null where it is withheld. */
  missing: number | null
  /** About how many different values there are; null where that is withheld. */
  distinct: number | null
  bars: readonly Bar[]
}

/** The columns of the table in the file. */
export function columnsOf(card: unknown): Column[] {
  return partsOf<RecordSet>(partOf<DatasetCardFile>(card).recordSet).flatMap((set, i) =>
    partsOf<WrittenColumn>(set.field).map((field, j) => columnOf(field, `${i}.${j}`)),
  )
}

/** How many columns the tables have beyond those that the card describes. */
export function untoldOf(card: unknown): number {
  const sets = partsOf<RecordSet>(partOf<DatasetCardFile>(card).recordSet)
  const all = sets.reduce((sum, set) => sum + (number(set['biodesci:columns']) ?? 0), 0)
  return Math.max(0, all - columnsOf(card).length)
}

/** A public file that names all columns of a table of which the card describes some, without rows. */
export interface Schema {
  /** What it is saved as. */
  name: string
  cid: string
  /** In bytes; 0 where the card does not say. */
  size: number
  /** How many columns the table has; 0 where the card does not say. */
  columns: number
}

/** The schema `schema` is of the table `records`, `schema-2` of `records-2`. */
const SCHEMA = /^schema((?:-[1-9]\d?)?)$/

/** The files with the columns of wide tables, as far as they can be asked for. */
export function schemasOf(card: unknown): Schema[] {
  const { distribution, recordSet } = partOf<DatasetCardFile>(card)
  const sets = partsOf<RecordSet>(recordSet)
  return partsOf<SchemaFile>(distribution).flatMap((file) => {
    const place = SCHEMA.exec(text(file['@id']))?.[1]
    const cid = cidIn(text(file.contentUrl))
    if (place === undefined || cid === null) return []
    const table = sets.find((set) => set['@id'] === `records${place}`)
    return {
      name: `schema${place}.parquet`,
      cid,
      size: sizeOf(file.contentSize),
      columns: number(table?.['biodesci:columns']) ?? 0,
    }
  })
}

function cidIn(url: string): string | null {
  try {
    return fromDigest(toDigest(url.replace(/^ipfs:\/\//, '')))
  } catch {
    return null
  }
}

function columnOf(field: Unread<WrittenColumn>, id: string): Column {
  const statistics = partOf<Statistics>(field['biodesci:statistics'])
  return {
    id,
    name: text(field.name),
    description: text(field.description),
    type: typeName(field.dataType),
    unit: text(field['biodesci:unit']),
    missing: number(statistics.nullShare),
    distinct: number(statistics.distinct),
    bars: partsOf<Category & Interval>(statistics.histogram).map((bar, i) => ({
      id: String(i),
      label: 'value' in bar ? String(bar.value) : `${short(bar.from)} to ${short(bar.to)}`,
      count: number(bar.count),
    })),
  }
}

function typeName(type: unknown): string {
  const name = text(Array.isArray(type) ? type[0] : type)
  return name.replace(/^\w+:/, '').toLowerCase()
}

function short(value: unknown): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(4))) : String(value)
}

/** Half of a surrogate pair: a text that no other program takes. */
const HALF = /\p{Surrogate}/u

/** null where one of them is no MONDO id. */
function numbersOf(ids: readonly unknown[]): number[] | null {
  const numbers = ids.map((id) => parseDisease(text(id))).filter((disease) => disease !== null)
  return numbers.length === ids.length ? numbers : null
}

/** A whole number, or that at the beginning of a text such as "1234 B". */
function sizeOf(size: unknown): number {
  const digits = /^(\d{1,15})(?:[ \t]|$)/.exec(typeof size === 'number' ? String(size) : text(size))
  return Number(digits?.[1] ?? 0)
}

function isTooDeep(card: object): boolean {
  let level: unknown[] = [card]
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    if (level.length === 0) return false
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    )
  }
  return true
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What is no object has no field that could be read. */
function partOf<T>(value: unknown): Unread<T> {
  return isObject(value) ? (value as Unread<T>) : {}
}

function partsOf<T>(value: unknown): Unread<T>[] {
  return Array.isArray(value) ? value.filter(isObject).map(partOf<T>) : []
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const number = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null

/**
 * As many of the diseases that a card names as a person may still read: whoever wrote the card
 * chose how many there are.
 */
export const MOST_NAMED = 20

export function sayDiseases(named: readonly { id: string; name: string | null }[]): string {
  const first = named.slice(0, MOST_NAMED).map(({ id, name }) => (name ? `${name} (${id})` : id))
  const more = named.length - first.length
  return first.join(', ') + (more > 0 ? ` and ${more.toLocaleString('en')} more` : '')
}
