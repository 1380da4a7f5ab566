/** What a purchase binds of an offer: all that it says, so that its number can mean no other. */
import { encodePacked, keccak256, zeroAddress, type Hex } from 'viem'

import type { ChainOffer } from '../chain'
import { RIGHTS } from '../rights'

/** As `offerHash` of IAccessLicense.purchase; of an offer that is open. */
export function offerHash(offer: Omit<ChainOffer, 'open'>): Hex {
  return keccak256(
    encodePacked(
      [
        ...(['uint32', 'uint32', 'uint32', 'uint32', 'uint128'] as const),
        ...(['uint24', 'uint8', 'bool', 'bool', 'bool'] as const),
        ...(['uint8', 'uint32', 'address', 'uint256'] as const),
      ],
      [
        offer.disputeWindow,
        offer.deliveryWindow,
        offer.uses,
        offer.duration,
        offer.price,
        0,
        offer.visas,
        offer.proRata,
        offer.currency !== zeroAddress,
        true,
        RIGHTS.indexOf(offer.right),
        Number(offer.datasetId),
        offer.arbiter,
        BigInt(offer.currency),
      ],
    ),
  )
}
