/**
 * The disease that a purpose is about. Whether the terms permit it is proved from the card's list,
 * or from a file that the owner made.
 */
import { useId, useState } from 'react'
import type { Hex } from 'viem'

import { Field } from '@/components/Field'
import { FailureNotice, Notice } from '@/components/Notice'
import type { PermittedDiseases } from '@/generated/api'
import { MAX_LISTED, MOST_NAMED, sayDiseases } from '@/lib/card'
import { formatDisease, isPermitted, parseDisease } from '@/lib/disease'
import { count } from '@/lib/format'
import { parseProof } from '@/lib/proof'

import type { Permitted } from './diseases'

export interface Entry {
  text: string
  file: { disease: number; proof: readonly Hex[] } | null
}

export const NO_ENTRY: Entry = { text: '', file: null }

interface NamedDisease {
  /** null: none named */
  number: number | null
  /**
   * Leads from the disease to the root that is on chain; null: nothing shows that the terms permit
   * it.
   */
  proof: readonly Hex[] | null
  /** Something was typed that is no disease. */
  unclear: boolean
}

/** What an entry means by what is on chain now. */
export function judge({ text, file }: Entry, { root, tree }: Permitted): NamedDisease {
  const number = parseDisease(text)
  if (number === null || root === null)
    return { number, proof: null, unclear: text.trim() !== '' && number === null }
  const candidates = [tree?.prove(number), file?.disease === number ? file.proof : null]
  return {
    number,
    proof: candidates.find((proof) => proof && isPermitted(root, number, proof)) ?? null,
    unclear: false,
  }
}

interface Props {
  entry: Entry
  onChange: (entry: Entry) => void
  permitted: Permitted
  /** What the card calls them. */
  told: PermittedDiseases | null
}

export function DiseaseInput({ entry, onChange, permitted, told }: Props) {
  const list = useId()
  const [error, setError] = useState<unknown>(null)
  const { root, list: state, tree } = permitted
  const checking = root !== null && state === 'checking'
  const named = told?.named ?? []
  const now = judge(entry, permitted)

  const take = async (chosen: File | undefined) => {
    setError(null)
    if (!chosen) return
    try {
      const file = parseProof(await chosen.text())
      onChange({ text: entry.text.trim() === '' ? formatDisease(file.disease) : entry.text, file })
    } catch (failure) {
      setError(failure)
    }
  }
  return (
    <fieldset className="space-y-2.5">
      <legend className="mb-2 font-medium">Which disease is it about?</legend>
      {named.length > 0 && (
        <p className="text-sm text-muted">
          The owner permits research on {sayDiseases(named)} and all that descends from it in MONDO
          {tree && `: ${count(tree.size, 'disease')}, a list that matches the root on chain`}.
        </p>
      )}
      <Field
        label="Disease (MONDO id)"
        value={entry.text}
        placeholder="MONDO:0005068"
        autoComplete="off"
        spellCheck={false}
        list={list}
        onChange={(event) => onChange({ ...entry, text: event.target.value })}
        error={now.unclear ? 'A MONDO id has seven digits, as MONDO:0005068.' : undefined}
        hint={
          now.number === null ? 'Leave it empty to name none. The id becomes public.' : undefined
        }
      />
      <datalist id={list}>
        {named.slice(0, MOST_NAMED).map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </datalist>
      {checking && (
        <p role="status" className="text-sm text-muted">
          Checking the card’s list of diseases against the chain…
        </p>
      )}
      {root !== null && state === 'tooLong' && (
        <Notice
          tone="warn"
          title={`The card lists more than ${MAX_LISTED.toLocaleString('en')} diseases, and is not checked here.`}
        >
          MONDO has fewer than half as many. A proof file from the data owner or the command line
          works all the same.
        </Notice>
      )}
      {now.number !== null && (!checking || now.proof !== null) && (
        <Verdict
          disease={now.number}
          shown={now.proof !== null}
          permitted={permitted}
          filed={entry.file?.disease === now.number}
        />
      )}
      {root !== null && !checking && tree === null && (
        <Field
          label="Proof that it is permitted (optional)"
          type="file"
          accept=".json,application/json"
          onChange={(event) => void take(event.target.files?.[0])}
          hint="A file that the data owner or the command line makes."
        />
      )}
      {error !== null && <FailureNotice error={error} />}
    </fieldset>
  )
}

/** What the chain would say of this disease, before anything is paid. */
function Verdict({
  disease,
  shown,
  permitted: { root, tree },
  filed,
}: {
  disease: number
  shown: boolean
  permitted: Permitted
  filed: boolean
}) {
  const id = formatDisease(disease)
  if (shown)
    return (
      <Notice tone="good" title={`${id} is permitted.`}>
        Its proof leads to the root that the owner put on chain, and goes into your transaction.
      </Notice>
    )
  if (tree)
    return (
      <Notice
        tone="warn"
        title={`${id} is not among the ${tree.size} diseases that the owner permits.`}
      >
        Check the id. If it is the right one you can still ask: a person decides, and your payment
        comes back if the answer is no.
      </Notice>
    )
  if (root === null)
    return (
      <p className="text-sm text-muted">
        The owner put no list of diseases on chain: a person decides whether the terms permit it.
      </p>
    )
  if (filed)
    return (
      <Notice tone="warn" title={`Your proof does not lead from ${id} to the diseases on chain.`}>
        It may be of another dataset or version. Without a proof that does, a person decides.
      </Notice>
    )
  return (
    <p className="text-sm text-muted">
      The card has no list that matches the one on chain. Without a proof a person decides whether
      the terms permit it.
    </p>
  )
}
