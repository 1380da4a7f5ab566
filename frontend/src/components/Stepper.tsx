import type { ReactNode } from 'react'

type StepState = 'done' | 'now' | 'later' | 'failed'

export interface StepItem {
  title: string
  state: StepState
  note?: ReactNode
}

const MARKS: Record<StepState, { mark: string; said: string; look: string }> = {
  done: { mark: '✓', said: 'done', look: 'border-good bg-good text-on-brand' },
  now: {
    mark: '•',
    said: 'current',
    look: 'border-accent bg-accent-soft text-accent ring-4 ring-accent/15',
  },
  later: { mark: '', said: 'still to come', look: 'border-line-strong/60 bg-surface text-muted' },
  failed: { mark: '×', said: 'ended here', look: 'border-bad bg-bad-soft text-bad' },
}

export function Stepper({ label, steps }: { label: string; steps: readonly StepItem[] }) {
  return (
    <ol aria-label={label} className="flex flex-col gap-4 sm:flex-row sm:gap-0">
      {steps.map((step, i) => {
        const look = MARKS[step.state]
        return (
          <li
            key={step.title}
            aria-current={step.state === 'now' ? 'step' : undefined}
            className="relative flex grow basis-0 gap-3 sm:flex-col sm:gap-2"
          >
            {i > 0 && (
              <span
                aria-hidden
                className={`absolute top-3.5 right-full hidden h-px w-[calc(100%-2.75rem)] sm:block ${step.state === 'later' ? 'bg-line' : 'bg-good'}`}
              />
            )}
            <span
              aria-hidden
              className={`grid size-7 shrink-0 place-items-center rounded-full border-2 text-sm font-bold ${look.look}`}
            >
              {look.mark || i + 1}
            </span>
            <span className="pr-4">
              <span className={`block font-medium ${step.state === 'later' ? 'text-muted' : ''}`}>
                {step.title}
                <span className="sr-only"> ({look.said})</span>
              </span>
              {step.note && <span className="block text-sm text-muted">{step.note}</span>}
            </span>
          </li>
        )
      })}
    </ol>
  )
}
