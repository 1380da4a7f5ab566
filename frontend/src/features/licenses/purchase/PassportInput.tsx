/** Visas from an issuer, for a GA4GH passport that stays in this browser but for that issuer. */
import { useId, useRef, useState } from 'react'
import type { Address } from 'viem'
import { useConfig } from 'wagmi'
import { getConnectorClient } from 'wagmi/actions'

import { Button } from '@/components/Button'
import { FailureNotice } from '@/components/Notice'
import { useDeployment } from '@/lib/deployment'
import { Failure } from '@/lib/failure'
import { PASSPORT_LIMIT, requestVisas } from '@/lib/passport'
import { signerOf } from '@/lib/reader'
import { useWrite } from '@/lib/useWrite'
import type { SignedVisa } from '@/lib/visa'

interface Props {
  issuers: readonly string[]
  account: Address
  onVisas: (visas: readonly SignedVisa[]) => Promise<void>
}

export function PassportInput({ issuers, account, onVisas }: Props) {
  const { chainId, contracts } = useDeployment()
  const config = useConfig()
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const [issuer, setIssuer] = useState(issuers[0] ?? '')
  const request = useWrite(
    async (_: void, say) => {
      const file = input.current?.files?.[0]
      if (!file || file.size > PASSPORT_LIMIT)
        throw new Failure(
          'evidence',
          file ? 'This file holds no GA4GH passport: it is too large.' : 'No passport is chosen.',
          'Choose the file with the token that your broker issued.',
        )
      say('Waiting for your wallet’s signature and the issuer…')
      const wallet = signerOf(await getConnectorClient(config, { chainId, account }))
      const sign = (message: string) =>
        wallet.signMessage({ account: wallet.account ?? account, message })
      const registry = contracts.VisaRegistry
      const passport = await file.text()
      const given = await requestVisas({ issuer, passport, account, chainId, registry, sign })
      await onVisas(given.visas)
      if (input.current) input.current.value = ''
      return given
    },
    { changes: [] },
  )

  return (
    <div className="space-y-2">
      <label htmlFor={id} className="block font-medium">
        Or a GA4GH passport
      </label>
      <p id={`${id}-about`} className="text-sm text-muted">
        It is sent to the issuer below and to nobody else. Your wallet signs a message that says so;
        it costs nothing. An issuer gives visas to one account of yours: the one that asks first.
      </p>
      <input
        ref={input}
        id={id}
        type="file"
        aria-describedby={`${id}-about`}
        className="w-full rounded-lg border border-line-strong bg-field px-3 py-2"
      />
      <div className="flex flex-wrap items-center gap-2">
        <label htmlFor={`${id}-issuer`} className="text-sm">
          Issuer
        </label>
        <select
          id={`${id}-issuer`}
          value={issuer}
          onChange={(event) => setIssuer(event.target.value)}
          className="min-w-0 grow rounded-lg border border-line-strong bg-field px-3 py-2"
        >
          {issuers.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
        <Button onClick={() => request.start()} busy={request.busy}>
          Ask for visas
        </Button>
      </div>
      {request.said && <p role="status">{request.said}</p>}
      {[...new Set(request.done?.ignored)].map((why) => (
        <p key={why} className="text-sm text-muted">
          {why}
        </p>
      ))}
      {request.error !== null && <FailureNotice error={request.error} />}
    </div>
  )
}
