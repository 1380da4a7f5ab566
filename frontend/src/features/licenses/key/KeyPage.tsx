import { Card } from '@/components/Card'
import { ConnectButton } from '@/components/ConnectButton'
import { Empty, Page } from '@/components/Page'
import { useWallet } from '@/lib/useChain'

import { KeyPanel } from './KeyPanel'

export default function KeyPage() {
  const wallet = useWallet()
  return (
    <Page
      title="My key"
      lead="The key that datasets are sealed to. It never leaves your browser except in the recovery file, and there only sealed."
    >
      {wallet.account ? (
        <Card>
          <KeyPanel key={wallet.account} account={wallet.account} />
        </Card>
      ) : (
        <Empty title="Connect a wallet first">
          <p className="mb-4">A key belongs to an account.</p>
          <ConnectButton />
        </Empty>
      )}
    </Page>
  )
}
