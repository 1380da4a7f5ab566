import { termsOf, type Tone } from '@/lib/duo'

const MARKS: Record<Tone, { mark: string; said: string; look: string }> = {
  allows: { mark: '✓', said: 'Allowed', look: 'bg-good-soft text-good' },
  forbids: { mark: '×', said: 'Ruled out', look: 'bg-bad-soft text-bad' },
  requires: { mark: '§', said: 'Condition', look: 'bg-accent-soft text-accent' },
  reviews: { mark: '?', said: 'Reviewed', look: 'bg-brand-soft text-brand' },
}

/**
 * Licence terms (GA4GH DUO) as sentences, each with the kind of term in words and its identifier.
 */
export function Terms({ bits, compact = false }: { bits: bigint | string; compact?: boolean }) {
  return (
    <ul className={compact ? 'space-y-1.5 text-[0.95rem]' : 'space-y-2.5'}>
      {termsOf(BigInt(bits)).map((term) => {
        const look = MARKS[term.tone]
        return (
          <li key={term.code} className="flex items-baseline gap-2.5">
            <span
              aria-hidden
              className={`inline-grid size-5 shrink-0 place-items-center self-start rounded-full text-xs font-bold ${look.look} mt-0.5`}
            >
              {look.mark}
            </span>
            <span className="sr-only">{look.said}: </span>
            <span>
              {term.says}
              {!compact && (
                <span className="block text-sm text-muted">
                  {term.code} · {term.id}
                </span>
              )}
            </span>
          </li>
        )
      })}
    </ul>
  )
}
