import { useState } from 'react'

import { Button } from '@/components/Button'
import { Histogram } from '@/components/Histogram'
import { ScrollRegion } from '@/components/ScrollRegion'
import type { Column, Schema } from '@/lib/card'
import { bytes, count } from '@/lib/format'

/** A table of genes has thousands. */
const FIRST = 60

/** Characters of a column's name that are not broken, however narrow the screen is. */
const WORD = 16

interface Props {
  columns: readonly Column[]
  /** How many columns the card does not describe. */
  untold: number
  /** The public files that name all of them. */
  schemas: readonly Schema[]
  gatewayUrl: string
}

export function SchemaTable({ columns, untold, schemas, gatewayUrl }: Props) {
  const [all, setAll] = useState(false)
  const shown = all ? columns : columns.slice(0, FIRST)
  return (
    <>
      <ScrollRegion label="Columns" className="-mx-5 px-5 sm:-mx-6 sm:px-6">
        <table className="w-full text-left sm:min-w-lg">
          <thead className="border-b border-line text-sm text-muted">
            <tr>
              {['Column', 'Type', 'Missing', 'Distribution'].map((name) => (
                <th
                  key={name}
                  scope="col"
                  className={`py-2 pr-4 font-medium ${name === 'Type' ? 'hidden sm:table-cell' : ''}`}
                >
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((column) => (
              <tr key={column.id} className="border-b border-line/70 align-middle last:border-0">
                <th scope="row" className="py-2.5 pr-4 font-normal">
                  <span
                    className="inline-block font-mono text-sm font-semibold wrap-anywhere"
                    // A short name is one word; only a long one breaks, which would push all else out.
                    style={{ minWidth: `${Math.min(column.name.length, WORD)}ch` }}
                  >
                    {column.name}
                  </span>
                  <span className="block text-sm text-muted sm:hidden">{typeOf(column)}</span>
                  {column.description && column.description !== column.name && (
                    <span className="block max-w-xs text-sm text-muted">{column.description}</span>
                  )}
                </th>
                <td className="hidden py-2.5 pr-4 text-sm text-muted sm:table-cell">
                  {typeOf(column)}
                </td>
                <td className="py-2.5 pr-4 text-sm tabular-nums">
                  {column.missing === null ? 'withheld' : percent(column.missing)}
                </td>
                <td className="py-2.5">
                  {column.bars.length > 0 ? (
                    <Histogram bars={column.bars} name={column.name} />
                  ) : (
                    <span className="text-sm text-muted">
                      {column.distinct === null
                        ? 'withheld'
                        : `about ${column.distinct.toLocaleString('en')} values`}
                    </span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
      {shown.length < columns.length && (
        <Button look="secondary" className="mt-3" onClick={() => setAll(true)}>
          Show {count(columns.length - shown.length, 'more column', 'more columns')}
        </Button>
      )}
      {untold > 0 && (
        <p className="mt-3 text-sm">
          {count(untold, 'more column', 'more columns')} that the card does not describe.
        </p>
      )}
      {schemas.length > 0 && (
        <ul className="mt-2 space-y-1 text-sm">
          {schemas.map((schema) => (
            <li key={schema.name}>
              <a
                href={`${gatewayUrl}/ipfs/${schema.cid}?filename=${schema.name}&download=true`}
                rel="noreferrer"
              >
                {schema.name}
              </a>
              : {sayColumns(schema)}, without rows (Parquet
              {schema.size > 0 && `, ${bytes(schema.size).replace(' ', '\u00a0')}`}). Everybody may
              fetch it.
            </li>
          ))}
        </ul>
      )}
      <p className="mt-3 text-sm text-muted">
        Dashed cells are withheld: counts below 11 people, and those from which one could be worked
        out. Counts are rounded, and 0 % missing stands for fewer than 11 people. Minima and maxima
        are never told.
      </p>
    </>
  )
}

function sayColumns({ columns }: Schema): string {
  return `names and types of all ${columns > 0 ? count(columns, 'column') : 'columns of its table'}`
}

function typeOf({ type, unit }: Column): string {
  return unit ? `${type}, ${unit}` : type
}

function percent(share: number): string {
  const value = 100 * share
  return `${value > 0 && value < 1 ? value.toFixed(1) : Math.round(value)} %`
}
