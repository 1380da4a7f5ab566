import { useId } from 'react'

import { Field } from '@/components/Field'
import { originOf } from '@/lib/origin'

/** Who is asked for a private file: its owner's server, or a partner's at the address that was typed. */
export interface Serving {
  isPartners: boolean
  typed: string
}

export const BY_THE_OWNER: Serving = { isPartners: false, typed: '' }

/** The origin of the partner's server; '' where the owner's is asked, null for what is no address. */
export const partnerOf = ({ isPartners, typed }: Serving): string | null =>
  isPartners ? originOf(typed) : ''

interface Props {
  /** The origin of the owner's server, as the card has it. */
  servedAt: string
  /** Those that a server named before. */
  known: readonly string[]
  serving: Serving
  onChange: (serving: Serving) => void
  /** Whether the typed address has to be one by now. */
  isDue: boolean
}

export function ServedBy({ servedAt, known, serving, onChange, isDue }: Props) {
  const name = useId()
  const others = known.filter((one) => one !== servedAt)
  const choice = (isPartners: boolean) => ({
    type: 'radio',
    name,
    checked: serving.isPartners === isPartners,
    onChange: () =>
      onChange({ isPartners, typed: serving.typed || (isPartners ? (others[0] ?? '') : '') }),
    className: 'mt-1 size-4.5 shrink-0 accent-brand',
  })
  return (
    <fieldset className="space-y-2">
      <legend className="mb-2 font-medium">Who serves the encrypted file</legend>
      <label className="flex items-start gap-3">
        <input {...choice(false)} />
        <span className="min-w-0">
          The data owner
          <span className="block text-sm wrap-anywhere text-muted">{servedAt}</span>
        </span>
      </label>
      <label className="flex items-start gap-3">
        <input {...choice(true)} />
        <span>
          A partner of the owner
          <span className="block text-sm text-muted">while the owner’s server is away</span>
        </span>
      </label>
      {serving.isPartners && (
        <div className="pt-1 pl-7.5">
          <Field
            label="Address of the partner’s server"
            type="url"
            inputMode="url"
            autoComplete="off"
            spellCheck={false}
            placeholder="https://"
            list={`${name}-known`}
            value={serving.typed}
            onChange={(e) => onChange({ isPartners: true, typed: e.target.value })}
            hint="The data owner tells it. Whoever gives the file, it is checked against the chain."
            error={
              isDue && partnerOf(serving) === null
                ? 'This is no address of a server. Write https:// and the host, and nothing behind it.'
                : undefined
            }
          />
          <datalist id={`${name}-known`}>
            {others.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </datalist>
        </div>
      )}
    </fieldset>
  )
}
