/**
 * What the licensee declared beyond DUO bits: a disease, and a research statement whose text stays
 * in the buyer's browser.
 */
import { useQuery } from '@tanstack/react-query'
import type { Address } from 'viem'

import { Button } from '@/components/Button'
import { Card, Facts } from '@/components/Card'
import { Copyable } from '@/components/Copyable'
import { loadStatement } from '@/lib/keystore'
import { save } from '@/lib/save'
import { statementFile, type Statement } from '@/lib/statement'

import type { License } from '../chain'
import { useDeclared } from './declared'

export function Declared({ license, account }: { license: License; account: Address | undefined }) {
  const { disease, statement } = useDeclared(license.id)
  const kept = useQuery({
    queryKey: ['browser', 'statement', account, statement],
    enabled: account !== undefined && statement !== null,
    queryFn: () => (account && statement ? loadStatement(account, statement) : null),
  })
  if (!disease && !statement) return null
  return (
    <Card title="Declared purpose" id="declared" className="h-fit">
      <Facts
        items={[
          ...(disease ? ([['Disease', disease]] as const) : []),
          ...(statement
            ? ([
                [
                  'Statement',
                  <Copyable key="s" value={statement} label="hash of the research statement" />,
                ],
              ] as const)
            : []),
        ]}
      />
      {statement &&
        (kept.data ? (
          <Kept statement={kept.data} />
        ) : (
          kept.isFetched && (
            <p className="mt-3 text-sm text-muted">
              The chain holds a salted hash of it. Its text is not in this browser.
            </p>
          )
        ))}
    </Card>
  )
}

function Kept({ statement }: { statement: Statement }) {
  const keep = () =>
    save(
      `biodesci-statement-${statement.hash.slice(2, 10)}.json`,
      new Blob([statementFile(statement)], { type: 'application/json' }),
    )
  return (
    <div className="mt-4 space-y-3">
      <p className="max-h-60 overflow-y-auto rounded-xl bg-sunken px-4 py-3 whitespace-pre-wrap wrap-anywhere">
        {statement.text}
      </p>
      <p className="text-sm text-muted">
        Only this browser has the text and its salt. The file with both lets you show later that
        this is what you declared.
      </p>
      <Button look="secondary" onClick={keep}>
        Save statement and salt
      </Button>
    </div>
  )
}
