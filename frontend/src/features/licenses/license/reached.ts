import { useDeployment } from '@/lib/deployment'
import { useReader } from '@/lib/useChain'

import { readLicense, type License, type State } from '../chain'

/** Whether the licence is in one of these states by now: the question after an unclear failure. */
export function useReached({ id }: License) {
  const client = useReader()
  const deployment = useDeployment()
  return (...states: State[]) =>
    async (): Promise<boolean> =>
      states.includes((await readLicense(client, deployment, id)).state)
}
