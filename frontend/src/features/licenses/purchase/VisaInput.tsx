/**
 * Visa files for an offer that asks for some: read and checked here, kept in this component, sent
 * in the transaction alone.
 */
import { useId, useRef, useState } from 'react'
import type { Address } from 'viem'

import { Badge } from '@/components/Badge'
import { Button } from '@/components/Button'
import { FailureNotice } from '@/components/Notice'
import { useDeployment } from '@/lib/deployment'
import { Failure } from '@/lib/failure'
import { date } from '@/lib/format'
import { useReader } from '@/lib/useChain'
import { checkVisa, FILE_LIMIT, listOf, parseVisa, VISA_NAMES, type SignedVisa } from '@/lib/visa'

import { PassportInput } from './PassportInput'
import { chooseVisas } from './visas'

interface Props {
  datasetId: bigint
  types: readonly number[]
  account: Address
  now: number
  visas: readonly SignedVisa[]
  onChange: (visas: readonly SignedVisa[]) => void
}

export function VisaInput({ datasetId, types, account, now, visas, onChange }: Props) {
  const client = useReader()
  const deployment = useDeployment()
  const { chainId, contracts, visaIssuers } = deployment
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const [failures, setFailures] = useState<readonly { file: string; error: unknown }[]>([])

  const add = async (files: FileList) => {
    const refused: { file: string; error: unknown }[] = []
    const given: SignedVisa[] = []
    for (const file of files) {
      try {
        if (file.size > FILE_LIMIT)
          throw new Failure(
            'evidence',
            'This is not a visa file: it is too large.',
            'Choose the JSON file that the issuer sent you, unchanged.',
          )
        const visa = parseVisa(await file.text())
        checkVisa(visa, { account, chainId, registry: contracts.VisaRegistry, types, now })
        given.push(visa)
      } catch (error) {
        refused.push({ file: file.name, error })
      }
    }
    try {
      await take(given)
    } catch (error) {
      refused.push({ file: [...files].map(({ name }) => name).join(', '), error })
    }
    setFailures(refused)
    if (input.current) input.current.value = ''
  }

  /** Those that the offer asks for: the rest of a passport is nobody's business here. */
  const take = async (given: readonly SignedVisa[]) => {
    const kept = new Map(visas.map((visa) => [visa.visa.visaType, visa]))
    const chosen = await chooseVisas(client, deployment, datasetId, account, types, given)
    for (const one of chosen) kept.set(one.visa.visaType, one)
    onChange([...kept.values()])
  }

  return (
    <fieldset className="space-y-3">
      <legend className="mb-2 font-medium">Your visas</legend>
      <p id={`${id}-about`} className="text-sm text-muted">
        This offer asks for {listOf(types)}. The files are checked in this browser and go into your
        transaction only, which is public. Access ends when the first of them expires.
      </p>
      <ul className="space-y-2">
        {types.map((type) => {
          const shown = visas.find(({ visa }) => visa.visaType === type)
          return (
            <li
              key={type}
              className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 rounded-xl border border-line px-4 py-2.5"
            >
              <span className="font-medium">{VISA_NAMES[type]}</span>
              {shown ? (
                <span className="flex flex-wrap items-center gap-2 text-sm text-muted">
                  <Badge tone="good">Valid until {date(new Date(shown.visa.expires * 1000))}</Badge>
                  <Button
                    look="quiet"
                    aria-label={`Remove visa: ${VISA_NAMES[type]}`}
                    onClick={() => onChange(visas.filter((visa) => visa !== shown))}
                  >
                    Remove
                  </Button>
                </span>
              ) : (
                <Badge tone="warn">Missing</Badge>
              )}
            </li>
          )
        })}
      </ul>
      <div className="space-y-1">
        <label htmlFor={id} className="block font-medium">
          Visa files
        </label>
        <input
          ref={input}
          id={id}
          type="file"
          multiple
          accept=".json,application/json"
          aria-describedby={`${id}-about`}
          onChange={(event) => event.target.files && void add(event.target.files)}
          className="w-full rounded-lg border border-line-strong bg-field px-3 py-2"
        />
      </div>
      {visaIssuers.length > 0 && (
        <PassportInput issuers={visaIssuers} account={account} onVisas={take} />
      )}
      {failures.map(({ file, error }) => (
        <div key={file} className="space-y-1">
          <p className="font-mono text-sm wrap-anywhere">{file}</p>
          <FailureNotice error={error} />
        </div>
      ))}
    </fieldset>
  )
}
