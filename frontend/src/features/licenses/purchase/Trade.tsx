/** The parts of a dataset's page that know the wallet and the chain. */
import { OnChain } from '@/components/OnChain'
import type { DatasetAnswer } from '@/generated/api'

import { PurchasePanel } from './PurchasePanel'
import { Sold } from './Sold'

export function Purchase({ dataset }: { dataset: DatasetAnswer }) {
  return (
    <OnChain>
      <PurchasePanel dataset={dataset} />
    </OnChain>
  )
}

export function SoldLicences({ dataset }: { dataset: DatasetAnswer }) {
  return (
    <OnChain>
      <Sold dataset={dataset} />
    </OnChain>
  )
}
