/**
 * The one shape of whatever a person does that changes something: a transaction, a key, a download.
 * It is TanStack's `useMutation` with words for what is being waited for, and without a second start
 * while the first is under way.
 */
import { useMutation, useQueryClient, type QueryKey } from '@tanstack/react-query'
import { useCallback, useRef, useState } from 'react'

/** Tells a person what is being waited for. */
export type Say = (words: string) => void

export interface Write<Input, Output> {
  /** Does nothing while it is under way, however often a button is pressed. */
  start: (input: Input) => void
  /** Starts once more with the input of the last time. */
  retry: () => void
  busy: boolean
  /** What is being waited for; null where nothing is. */
  said: string | null
  /** What the last start was given. */
  input: Input | undefined
  /** What came of it, until the next start. */
  done: Output | undefined
  /** Why it failed, until the next start; null where it did not. */
  error: unknown
}

interface Options {
  /**
   * Which queries are read anew when it ends, well or badly (a failed transaction may have landed);
   * all of them if nothing else is said.
   */
  changes?: readonly QueryKey[]
}

const EVERYTHING: readonly QueryKey[] = [[]]

/** `act` does the work and throws where it cannot; `say` is for its progress. */
export function useWrite<Output, Input = void>(
  act: (input: Input, say: Say) => Promise<Output>,
  { changes = EVERYTHING }: Options = {},
): Write<Input, Output> {
  const queries = useQueryClient()
  const [said, setSaid] = useState<string | null>(null)
  // A state would come too late for a second click before the next drawing.
  const underWay = useRef(false)
  const { mutate, variables, data, error, isPending } = useMutation({
    mutationFn: (input: Input) => act(input, setSaid),
    onSettled: () => {
      underWay.current = false
      setSaid(null)
      // Marked at once, read in the background: nothing waits for an API that is away.
      for (const queryKey of changes) void queries.invalidateQueries({ queryKey })
    },
    // Inputs and results may be secrets: nothing of them outlives the component.
    gcTime: 0,
  })
  const start = useCallback(
    (input: Input) => {
      if (underWay.current) return
      underWay.current = true
      mutate(input)
    },
    [mutate],
  )
  return {
    start,
    retry: () => start(variables as Input),
    busy: isPending,
    said,
    input: variables,
    done: data,
    error,
  }
}
