/** The disease that a purpose is about, and the proof, if the buyer has one, that the terms permit it. */
import { useState } from 'react'
import type { Hex } from 'viem'

import { Field } from '@/components/Field'
import { FailureNotice } from '@/components/Notice'
import type { PermittedDiseases } from '@/generated/api'
import { parseDisease, parseProof } from '@/lib/disease'

export interface NamedDisease {
  /** null: none named */
  number: number | null
  proof: readonly Hex[]
  /** Something was typed that is no disease. */
  unclear: boolean
}

export const NO_DISEASE: NamedDisease = { number: null, proof: [], unclear: false }

interface Props {
  permitted: PermittedDiseases | null
  shown: boolean
  onChange: (disease: NamedDisease) => void
}

export function DiseaseInput({ permitted, shown, onChange }: Props) {
  const [typed, setTyped] = useState('')
  const [proof, setProof] = useState<{ disease: number; proof: readonly Hex[] } | null>(null)
  const [error, setError] = useState<unknown>(null)
  const number = parseDisease(typed)
  const unclear = typed.trim() !== '' && number === null
  const told = permitted?.named.map(({ id, name }) => (name ? `${name} (${id})` : id)).join(', ')

  const tell = (text: string, known: typeof proof) => {
    const parsed = parseDisease(text)
    onChange({ number: parsed, proof: known && known.disease === parsed ? known.proof : [], unclear: text.trim() !== '' && parsed === null })
  }
  const type = (text: string) => {
    setTyped(text)
    tell(text, proof)
  }
  const read = async (file: File | undefined) => {
    setError(null)
    if (!file) return
    try {
      const known = parseProof(await file.text())
      setProof(known)
      const text = typed.trim() === '' ? `MONDO:${String(known.disease).padStart(7, '0')}` : typed
      setTyped(text)
      tell(text, known)
    } catch (failure) {
      setError(failure)
    }
  }
  return (
    <fieldset className="space-y-2.5">
      <legend className="mb-2 font-medium">Which disease is it about?</legend>
      {told && <p className="text-sm text-muted">The owner permits research on {told} and all that descends from it in MONDO.</p>}
      <Field
        label="Disease (MONDO id)"
        value={typed}
        placeholder="MONDO:0005068"
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => type(event.target.value)}
        error={unclear ? 'A MONDO id has seven digits, as MONDO:0005068.' : undefined}
        hint={
          number === null
            ? 'Leave it empty to name none. The id becomes public.'
            : shown
              ? 'Shown by your proof to be permitted.'
              : proof && proof.disease === number
                ? 'Your proof does not lead to the diseases of this dataset version: a person decides.'
                : 'Without a proof a person decides whether the terms permit it.'
        }
      />
      {permitted && (
        <Field label="Proof that it is permitted (optional)" type="file" accept=".json,application/json" onChange={(event) => void read(event.target.files?.[0])} hint="A file that the data owner or the command line makes." />
      )}
      {error !== null && <FailureNotice error={error} />}
    </fieldset>
  )
}
