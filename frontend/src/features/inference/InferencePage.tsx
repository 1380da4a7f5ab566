import { Link, useParams } from 'react-router'

import { Badge } from '@/components/Badge'
import { Card, Facts } from '@/components/Card'
import { Copyable } from '@/components/Copyable'
import { Loaded, Page } from '@/components/Page'
import { Stepper } from '@/components/Stepper'
import { Timeline } from '@/components/Timeline'
import type { Attestation, InferenceAnswer } from '@/generated/api'
import { ETHER, price } from '@/lib/currency'
import { date } from '@/lib/format'

import { useInference } from './queries'
import { counts, STATES, stepsOf, weightOf } from './states'

export default function InferencePage() {
  const { id = '' } = useParams()
  const inference = useInference(id)
  return (
    <Loaded query={inference} what="the inference" title={`Inference ${id.slice(0, 20)}`}>
      {(data) => <Found inference={data} />}
    </Loaded>
  )
}

const FEE: Record<InferenceAnswer['state'], string> = {
  requested: 'Fee, in escrow',
  committed: 'Fee, in escrow',
  challenged: 'Fee, in escrow',
  finalized: 'Fee, credited to the worker',
  refused: 'Fee, credited to the requester',
  expired: 'Fee, credited to the requester',
}

function Found({ inference }: { inference: InferenceAnswer }) {
  const state = STATES[inference.state]
  return (
    <Page
      title={`Inference ${inference.id}`}
      above={
        <p className="flex flex-wrap items-center gap-3 text-muted">
          <Link to="/inferences">Inferences</Link> <span aria-hidden>/</span> {inference.id}
          <Badge tone={state.tone}>{state.name}</Badge>
        </p>
      }
    >
      <Card>
        <Stepper
          label="Progress of this inference"
          steps={stepsOf(inference.state, inference.attestations)}
        />
      </Card>
      <div className="grid gap-6 lg:grid-cols-[minmax(0,3fr)_minmax(20rem,2fr)]">
        <div className="min-w-0 space-y-6">
          <Card title="Audits" id="audits">
            <Attestations inference={inference} />
          </Card>
          <Card title="What was committed" id="committed">
            <Facts
              items={[
                [
                  'Model',
                  <Link key="m" to={`/models/${inference.modelId}`}>
                    Model {inference.modelId}, version {inference.version}
                  </Link>,
                ],
                ...(inference.weightsRoot
                  ? ([
                      [
                        'Weights root',
                        <Copyable key="w" value={inference.weightsRoot} label="weights root" />,
                      ],
                    ] as const)
                  : []),
                [
                  'Input commitment',
                  <Copyable key="i" value={inference.inputCommitment} label="input commitment" />,
                ],
                [
                  'Input (CID, sealed)',
                  <Copyable key="ic" value={inference.input.cid} label="CID of the sealed input" />,
                ],
                [
                  'Output commitment',
                  inference.outputCommitment ? (
                    <Copyable
                      key="o"
                      value={inference.outputCommitment}
                      label="output commitment"
                    />
                  ) : (
                    'Not yet'
                  ),
                ],
                ...(inference.output
                  ? ([
                      [
                        'Output (CID, sealed)',
                        <Copyable
                          key="oc"
                          value={inference.output.cid}
                          label="CID of the sealed output"
                        />,
                      ],
                    ] as const)
                  : []),
                [
                  'Requester',
                  <Copyable
                    key="r"
                    value={inference.requester}
                    label="requester address"
                    on="address"
                  />,
                ],
                [
                  'Worker',
                  <Copyable
                    key="wk"
                    value={inference.worker}
                    label="worker address"
                    on="address"
                  />,
                ],
                ...(inference.arbiter
                  ? ([
                      [
                        'Arbiter',
                        <Copyable
                          key="ar"
                          value={inference.arbiter}
                          label="arbiter address"
                          on="address"
                        />,
                      ],
                    ] as const)
                  : []),
                [FEE[inference.state], price(inference.fee, ETHER)],
                ...(inference.deadline
                  ? ([
                      [
                        inference.state === 'requested'
                          ? 'Worker must answer by'
                          : inference.state === 'challenged'
                            ? 'Arbiter decides by'
                            : 'Challenge until',
                        date(inference.deadline),
                      ],
                    ] as const)
                  : []),
              ]}
            />
          </Card>
        </div>
        <Card
          title="History"
          id="history"
          aside={`as of block ${inference.asOf}`}
          className="h-fit"
        >
          <Timeline activity={inference.activity} />
        </Card>
      </div>
    </Page>
  )
}

function Attestations({ inference }: { inference: InferenceAnswer }) {
  return (
    <div className="space-y-4">
      {inference.attestations.length === 0 ? (
        <p className="text-muted">
          Nobody has audited this inference yet. Unaudited is neither passed nor failed.
        </p>
      ) : (
        <ul className="space-y-3">
          {inference.attestations.map((a, i) => (
            // One transaction may hold several statements of one auditor.
            <Statement key={`${a.txHash}-${inference.attestations.length - i}`} statement={a} />
          ))}
        </ul>
      )}
      <p className="text-sm text-muted">
        With the requester’s bundle anyone can check it, without a key:{' '}
        <code className="rounded bg-sunken px-1.5 py-0.5 font-mono text-ink">
          biodesci audit inference BUNDLE
        </code>
        . Whether a report is what its auditor signed:{' '}
        <code className="rounded bg-sunken px-1.5 py-0.5 font-mono text-ink">
          biodesci audit report CID
        </code>
      </p>
    </div>
  )
}

/** One auditor's verdict: it has a colour only where somebody concerned had named the auditor. */
function Statement({ statement }: { statement: Attestation }) {
  const { auditor, passed, report, time, block } = statement
  const verdict = passed ? 'passed' : 'failed'
  return (
    <li className="space-y-2 rounded-xl border border-line p-4">
      <p className="flex flex-wrap items-center gap-3">
        {counts(statement) ? (
          <Badge tone={passed ? 'good' : 'bad'}>{passed ? '✓ Passed' : '× Failed'}</Badge>
        ) : (
          <Badge>
            A statement of {auditor.slice(0, 6)}…{auditor.slice(-4)}: {verdict}
          </Badge>
        )}
        <span className="text-sm text-muted">
          {date(time)} · block {block}
        </span>
      </p>
      <p className="text-sm text-muted">{weightOf(statement)}</p>
      <Facts
        items={[
          ['Auditor', <Copyable key="a" value={auditor} label="auditor address" on="address" />],
          ['Report (CID)', <Copyable key="r" value={report.cid} label="CID of the audit report" />],
        ]}
      />
    </li>
  )
}
