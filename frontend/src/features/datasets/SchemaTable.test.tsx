// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, describe, expect, it } from 'vitest'

import type { Column } from '@/lib/card'

import { SchemaTable } from './SchemaTable'

afterEach(cleanup)

const COLUMN: Column = {
  id: '0.0',
  name: 'age',
  description: '',
  type: 'integer',
  unit: '',
  missing: 0,
  distinct: null,
  bars: [],
}
const SCHEMA = { name: 'schema.parquet', cid: 'bafyschema', size: 14_200, columns: 1_204 }

function shown(schemas: (typeof SCHEMA)[]) {
  render(
    <SchemaTable
      columns={[COLUMN]}
      untold={1_203}
      schemas={schemas}
      gatewayUrl="https://gateway.example"
    />,
  )
}

describe('the columns of a wide table', () => {
  it('are all in a public file, which is linked and said to be what it is', () => {
    shown([SCHEMA])
    expect(screen.getByRole('link', { name: 'schema.parquet' })).toHaveAttribute(
      'href',
      'https://gateway.example/ipfs/bafyschema?filename=schema.parquet&download=true',
    )
    expect(
      screen.getByText(/names and types of all 1,204 columns, without rows/),
    ).toHaveTextContent(
      'schema.parquet: names and types of all 1,204 columns, without rows (Parquet, 14 kB). Everybody may fetch it.',
    )
  })

  it('are said to be left out where there is no such file', () => {
    shown([])
    expect(screen.getByText(/1,203 more columns that the card does not describe/)).toBeVisible()
    expect(screen.queryByRole('link')).toBeNull()
  })
})
