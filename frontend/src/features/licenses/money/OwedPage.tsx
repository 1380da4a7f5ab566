import { useState, type FormEvent } from 'react'
import { getAddress, isAddress, type Address } from 'viem'

import { Button } from '@/components/Button'
import { Card } from '@/components/Card'
import { ConnectButton } from '@/components/ConnectButton'
import { Field } from '@/components/Field'
import { Notice } from '@/components/Notice'
import { Empty, Loaded, Page } from '@/components/Page'
import { count } from '@/lib/format'
import { useWallet } from '@/lib/useChain'

import { OwedList } from './Collect'
import { isListed, useOwed } from './owed'

export default function OwedPage() {
  const { account } = useWallet()
  return (
    <Page
      title="Owed to me"
      lead="Refunds, income from datasets that you own, royalties of those that you published and passed on, fees for inferences. The contracts keep it until you collect it; nothing is lost by waiting."
    >
      {account ? (
        <Account key={account} account={account} />
      ) : (
        <Empty title="Connect a wallet to see what it is owed">
          <p className="mb-4">Money is owed to an account, and only paid out to it.</p>
          <ConnectButton />
        </Empty>
      )}
    </Page>
  )
}

function Account({ account }: { account: Address }) {
  const [besides, setBesides] = useState<readonly Address[]>([])
  const owed = useOwed(account, besides)
  const missing = owed.data
    ? besides.filter((token) => owed.unread === 0 && !isListed(token, owed.data ?? []))
    : []
  return (
    <div className="space-y-6">
      <Loaded query={owed} what="what you are owed">
        {(list) =>
          list.length === 0 && owed.unread === 0 ? (
            <Empty title="Nothing is owed to you">
              What licences and inferences bring, or give back, appears here with the next block.
            </Empty>
          ) : (
            <OwedList account={account} owed={list} />
          )
        }
      </Loaded>
      {!owed.complete && (
        <Notice tone="warn" title="Some tokens may be missing.">
          The chain’s node did not name every token that you bought in, or that your datasets were
          offered in. Look them up by their addresses below.
        </Notice>
      )}
      <Unread unread={owed.unread} left={owed.left} />
      <Card title="Another token" id="token">
        <LookUp onFound={(token) => setBesides((all) => [...new Set([...all, token])])} />
        {missing.map((token) => (
          <p key={token} role="status" className="mt-3 text-muted wrap-anywhere">
            Nothing is owed to you in the token {token}.
          </p>
        ))}
      </Card>
    </div>
  )
}

/** What the sums above do not hold. */
export function Unread({ unread, left }: { unread: number; left: number }) {
  return (
    <>
      {unread > 0 && (
        <Notice tone="warn" title={`${count(unread, 'balance')} could not be read just now.`}>
          You may be owed more than is shown. Nothing is lost by that; the page asks again by
          itself.
        </Notice>
      )}
      {left > 0 && (
        <Notice
          tone="warn"
          title={`Your datasets were offered in ${count(left, 'token')} more than are read here.`}
        >
          Shown are ether, the tokens that you bought in and those offered most often. Look the
          others up by their addresses below.
        </Notice>
      )}
    </>
  )
}

function LookUp({ onFound }: { onFound: (token: Address) => void }) {
  const [text, setText] = useState('')
  const [wrong, setWrong] = useState(false)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const token = text.trim()
    const known = isAddress(token, { strict: false })
    setWrong(!known)
    if (!known) return
    onFound(getAddress(token))
    setText('')
  }
  return (
    <form onSubmit={submit} className="max-w-xl space-y-2">
      <Field
        label="Address of the token"
        value={text}
        autoComplete="off"
        spellCheck={false}
        placeholder="0x…"
        onChange={(event) => setText(event.target.value)}
        hint="The tokens of your licences and of your datasets’ offers are looked up by themselves."
        error={wrong ? 'An address is 0x and 40 hexadecimal digits.' : undefined}
      />
      <Button type="submit" look="secondary" disabled={text.trim() === ''}>
        Look it up
      </Button>
    </form>
  )
}
