/**
 * The roles of a dataset, for its owner, who proposes and ends them, and for an account that was
 * proposed for one, which accepts it or gives it up. Others see the roles under Provenance.
 */
import { useId, useState } from 'react'
import { getAddress, isAddress, isAddressEqual, type Address } from 'viem'

import { Badge } from '@/components/Badge'
import { Button } from '@/components/Button'
import { Card } from '@/components/Card'
import { Copyable } from '@/components/Copyable'
import { Field } from '@/components/Field'
import { OnChain } from '@/components/OnChain'
import { WriteRow } from '@/components/WriteRow'
import { DatasetNFT } from '@/generated/abi'
import type { DatasetAnswer } from '@/generated/api'
import { useDeployment } from '@/lib/deployment'
import { useReader, useWallet } from '@/lib/useChain'
import { useTransact } from '@/lib/useTransact'
import { useWrite } from '@/lib/useWrite'

import { ROLES, type Role } from './roleNames'

type Held = DatasetAnswer['roles'][number]
type Change = 'grantRole' | 'acceptRole' | 'revokeRole'

export function Roles({ dataset }: { dataset: DatasetAnswer }) {
  return (
    <OnChain>
      <Shown dataset={dataset} />
    </OnChain>
  )
}

function Shown({ dataset }: { dataset: DatasetAnswer }) {
  const { account, status } = useWallet()
  if (!account || status !== 'ready') return null
  const mine = isAddressEqual(account, dataset.owner as Address)
  const own = dataset.roles.filter((held) => isAddressEqual(held.account as Address, account))
  const shown = mine ? dataset.roles : own
  if (!mine && shown.length === 0) return null
  return (
    <Card title={mine ? 'Who may act for you' : 'Your role'} id="roles" className="space-y-4">
      {mine && (
        <p className="text-muted">
          You propose a role; it counts once its account has accepted it. Either of you can end it,
          and passing the dataset on ends them all.
        </p>
      )}
      {shown.length > 0 && (
        <ul className="space-y-4">
          {shown.map((held) => (
            <li key={`${held.role} ${held.account}`}>
              <OneRole id={dataset.id} held={held} account={account} mine={mine} />
            </li>
          ))}
        </ul>
      )}
      {mine && <Proposal dataset={dataset} account={account} />}
    </Card>
  )
}

function OneRole({
  id,
  held,
  account,
  mine,
}: {
  id: number
  held: Held
  account: Address
  mine: boolean
}) {
  const change = useChange(id, account)
  const its = held.account as Address
  const start = (what: Change) => change.start({ what, role: held.role, account: its })
  return (
    <div className="space-y-2">
      <p className="flex flex-wrap items-center gap-2">
        <span className="font-medium">{ROLES[held.role].name}</span>
        <Badge tone={held.accepted ? 'good' : 'warn'}>
          {held.accepted ? 'Accepted' : 'Proposed'}
        </Badge>
        {mine && <Copyable value={its} label={`${held.role} address`} on="address" />}
      </p>
      {!mine && <p className="text-muted">{ROLES[held.role].means}</p>}
      <WriteRow write={change}>
        {!mine && !held.accepted && (
          <Button onClick={() => start('acceptRole')} busy={change.busy}>
            Accept
          </Button>
        )}
        <Button look="danger" onClick={() => start('revokeRole')} busy={change.busy}>
          {mine
            ? held.accepted
              ? 'End it'
              : 'Take it back'
            : held.accepted
              ? 'Give it up'
              : 'Decline'}
        </Button>
      </WriteRow>
    </div>
  )
}

function Proposal({ dataset, account }: { dataset: DatasetAnswer; account: Address }) {
  const choice = useId()
  const [role, setRole] = useState<Role>('committee')
  const [text, setText] = useState('')
  const change = useChange(dataset.id, account)
  const fault = faultOf(text, role, dataset)
  return (
    <form
      className="space-y-3 border-t border-line pt-4"
      onSubmit={(event) => {
        event.preventDefault()
        if (text !== '' && !fault)
          change.start({ what: 'grantRole', role, account: getAddress(text) })
      }}
    >
      <div className="space-y-1">
        <label htmlFor={choice} className="block font-medium">
          Propose a role
        </label>
        <select
          id={choice}
          value={role}
          onChange={(event) => setRole(event.target.value as Role)}
          className="w-full rounded-lg border border-line-strong bg-field px-3 py-2"
        >
          {(Object.keys(ROLES) as Role[]).map((one) => (
            <option key={one} value={one}>
              {ROLES[one].name}
            </option>
          ))}
        </select>
        <p className="text-sm text-muted">{ROLES[role].means}</p>
      </div>
      <Field
        label="To the account"
        value={text}
        onChange={(event) => setText(event.target.value.trim())}
        spellCheck={false}
        autoComplete="off"
        placeholder="0x…"
        error={fault}
      />
      <WriteRow write={change}>
        <Button type="submit" busy={change.busy} disabled={text === '' || fault !== undefined}>
          Propose
        </Button>
      </WriteRow>
    </form>
  )
}

/** Why no role can be proposed to this account, in words. */
function faultOf(text: string, role: Role, { owner, roles }: DatasetAnswer): string | undefined {
  if (text === '') return undefined
  if (!isAddress(text, { strict: false }))
    return 'This is no address: give 0x and 40 hexadecimal digits.'
  if (isAddressEqual(text, owner as Address))
    return 'You own this dataset: every role is yours already.'
  const same = roles.find(
    (held) => held.role === role && isAddressEqual(held.account as Address, text),
  )
  if (same) return same.accepted ? 'It has this role already.' : 'It was proposed for this already.'
  return undefined
}

/** One transaction of `sender` about the role of an account. */
function useChange(id: number, sender: Address) {
  const client = useReader()
  const { contracts } = useDeployment()
  const transact = useTransact(sender)
  const dataset = { address: contracts.DatasetNFT, abi: DatasetNFT } as const
  return useWrite(
    ({ what, role, account }: { what: Change; role: Role; account: Address }, say) => {
      const number = Object.keys(ROLES).indexOf(role)
      const landed = async () => {
        const [granted, accepted] = await client.readContract({
          ...dataset,
          functionName: 'rolesOf',
          args: [BigInt(id), account],
        })
        const bits = what === 'acceptRole' ? accepted : granted
        return ((bits >> number) & 1) === (what === 'revokeRole' ? 0 : 1)
      }
      if (what === 'acceptRole')
        return transact(
          { ...dataset, functionName: 'acceptRole', args: [BigInt(id), number] },
          landed,
          say,
        )
      return transact(
        { ...dataset, functionName: what, args: [BigInt(id), number, account] },
        landed,
        say,
      )
    },
  )
}
