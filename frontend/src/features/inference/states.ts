import type { Tone } from '@/components/Badge'
import type { StepItem } from '@/components/Stepper'
import type { Attestation, Inference } from '@/generated/api'

type InferenceState = Inference['state']

export const STATES: Record<InferenceState, { name: string; tone: Tone }> = {
  requested: { name: 'Waiting for the worker', tone: 'warn' },
  committed: { name: 'Output committed', tone: 'brand' },
  challenged: { name: 'Challenged', tone: 'warn' },
  finalized: { name: 'Final', tone: 'good' },
  refused: { name: 'Output refused', tone: 'bad' },
  expired: { name: 'Expired', tone: 'plain' },
}

/** Whether a statement says something of the inference, and not only of who made it. */
export function counts({ standing, superseded }: Pick<Attestation, 'standing' | 'superseded'>) {
  return standing !== 'nobody' && !superseded
}

/** Who made a statement, and what it is worth. */
export function weightOf({ standing, superseded }: Pick<Attestation, 'standing' | 'superseded'>) {
  if (superseded) return 'Of no weight: the same auditor attested again later.'
  if (standing === 'requester') return 'By an auditor whom the requester named.'
  if (standing === 'owner') return 'By an auditor whom the model’s owner trusts.'
  return 'By somebody whom nobody named: anyone may state this, so it says nothing by itself.'
}

export function stepsOf(
  state: InferenceState,
  attestations: readonly Pick<Attestation, 'passed' | 'standing' | 'superseded'>[],
): StepItem[] {
  const committed = state !== 'requested' && state !== 'expired'
  const audits = attestations.filter(counts)
  const passed = audits.filter((a) => a.passed).length
  const failed = audits.length - passed
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
        audits.length === 0
          ? 'Not audited by anybody who was named: this is not a failure'
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
          ? 'Challenge upheld, or its arbiter silent; requester refunded'
          : state === 'finalized'
            ? 'Worker credited'
            : undefined,
    },
  ]
}
