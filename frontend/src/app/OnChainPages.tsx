import { Outlet } from 'react-router'

import { OnChain } from '@/components/OnChain'

/** Around the routes whose pages read the chain and use the wallet. */
export default function OnChainPages() {
  return (
    <OnChain>
      <Outlet />
    </OnChain>
  )
}
