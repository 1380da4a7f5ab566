import type { ReactNode } from 'react'

const LOOKS = {
  plain: 'border-line-strong/60 text-ink',
  brand: 'border-brand/40 bg-brand-soft text-brand',
  good: 'border-good/40 bg-good-soft text-good',
  warn: 'border-accent/40 bg-accent-soft text-accent',
  bad: 'border-bad/40 bg-bad-soft text-bad',
} as const

export type Tone = keyof typeof LOOKS

export function Badge({ tone = 'plain', children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span
      className={`inline-flex items-center rounded-full border px-2.5 py-0.5 text-sm font-medium whitespace-nowrap ${LOOKS[tone]}`}
    >
      {children}
    </span>
  )
}
