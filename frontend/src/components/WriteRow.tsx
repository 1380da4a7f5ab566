import type { ReactNode } from 'react'

import type { Write } from '@/lib/useWrite'

import { FailureNotice } from './Notice'

interface Props {
  write: Pick<Write<never, unknown>, 'said' | 'error'>
  /** The buttons. */
  children: ReactNode
  /** What stands beside them while nothing is under way. */
  idle?: string
  /** For a failure whose button is not at hand, such as one in a dialog that was closed. */
  onRetry?: () => void
}

/** The buttons of a write: what it waits for beside them, why it failed above them. */
export function WriteRow({ write, children, idle, onRetry }: Props) {
  return (
    <>
      {write.error !== null && <FailureNotice error={write.error} {...(onRetry && { onRetry })} />}
      <div className="flex flex-wrap items-center gap-3">
        {children}
        <span role="status" className="text-muted">
          {write.said ?? idle}
        </span>
      </div>
    </>
  )
}
