import type { Tone } from '@/components/Badge'
import type { StepItem } from '@/components/Stepper'
import type { Inference } from '@/generated/api'

type InferenceState = Inference['state']

export const STATES: Record<InferenceState, { name: string; tone: Tone }> = {
  requested: { name: 'Waiting for the worker', tone: 'warn' },
  committed: { name: 'Output committed', tone: 'brand' },
  challenged: { name: 'Challenged', tone: 'warn' },
  finalized: { name: 'Final', tone: 'good' },
  refused: { name: 'Output refused', tone: 'bad' },
  expired: { name: 'Expired', tone: 'plain' },
}

export function stepsOf(
  state: InferenceState,
  attestations: readonly { passed: boolean }[],
): StepItem[] {
  const committed = state !== 'requested' && state !== 'expired'
  const passed = attestations.filter((a) => a.passed).length
  const failed = attestations.length - passed
  return [
    { title: 'Requested', state: 'done', note: 'Input sealed to the worker' },
    {
      title: 'Output committed',
      state: committed ? 'done' : state === 'expired' ? 'failed' : 'now',
      note: state === 'expired' ? 'No answer in time; refunded' : undefined,
    },
    {
      title: 'Audited',
      state: failed > 0 ? 'failed' : passed > 0 ? 'done' : 'later',
      note:
        attestations.length === 0
          ? 'Not audited: this is not a failure'
          : [passed > 0 && `${passed} passed`, failed > 0 && `${failed} failed`]
              .filter(Boolean)
              .join(', '),
    },
    {
      title: 'Final',
      state:
        state === 'finalized'
          ? 'done'
          : state === 'refused'
            ? 'failed'
            : state === 'committed' || state === 'challenged'
              ? 'now'
              : 'later',
      note:
        state === 'refused'
          ? 'Challenge upheld; requester refunded'
          : state === 'finalized'
            ? 'Worker credited'
            : undefined,
    },
  ]
}
