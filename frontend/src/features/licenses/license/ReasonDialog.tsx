import { useId, useState } from 'react'
import { stringToHex, type Hex } from 'viem'

import { Button } from '@/components/Button'
import { Dialog } from '@/components/Dialog'

/** What goes on chain, at most 31 bytes, and what a person reads. */
export type Reason = readonly [onChain: string, label: string]

interface Props {
  open: boolean
  onOpenChange: (open: boolean) => void
  title: string
  description: string
  question: string
  reasons: readonly [Reason, ...Reason[]]
  /** What the button at the end does. */
  action: string
  onChosen: (reason: Hex) => void
}

/** Asks once more, and for a reason, before a step that cannot be taken back. */
export function ReasonDialog({ question, reasons, action, onChosen, ...dialog }: Props) {
  const name = useId()
  const [chosen, setChosen] = useState(reasons[0][0])
  return (
    <Dialog {...dialog}>
      <fieldset className="mb-5 space-y-2">
        <legend className="mb-2 font-medium">{question}</legend>
        {reasons.map(([onChain, label]) => (
          <label key={onChain} className="flex items-center gap-3">
            <input
              type="radio"
              name={name}
              checked={chosen === onChain}
              onChange={() => setChosen(onChain)}
              className="size-4.5 accent-brand"
            />
            {label}
          </label>
        ))}
      </fieldset>
      <Button
        look="danger"
        onClick={() => {
          dialog.onOpenChange(false)
          onChosen(stringToHex(chosen, { size: 32 }))
        }}
      >
        {action}
      </Button>
    </Dialog>
  )
}
