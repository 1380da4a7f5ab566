/** What wallets sign (EIP-712): the types of contracts/, ERC-2612 and GA4GH visas. The vectors of tests/vectors/typed_data.json hold them together. */
import type { Address, TypedDataDomain } from 'viem'

export const ORDER = {
  Order: [
    { name: 'buyer', type: 'address' },
    { name: 'offerId', type: 'uint256' },
    { name: 'purpose', type: 'ResearchPurpose' },
    { name: 'currency', type: 'address' },
    { name: 'price', type: 'uint256' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
  ResearchPurpose: [
    { name: 'duo', type: 'uint64' },
    { name: 'disease', type: 'uint32' },
    { name: 'statement', type: 'bytes32' },
  ],
} as const

export const VISA = {
  Visa: [
    { name: 'subject', type: 'address' },
    { name: 'visaType', type: 'uint8' },
    { name: 'value', type: 'bytes32' },
    { name: 'issuer', type: 'address' },
    { name: 'asserted', type: 'uint40' },
    { name: 'expires', type: 'uint40' },
  ],
} as const

export const REGISTRATION = {
  Registration: [
    { name: 'account', type: 'address' },
    { name: 'keyHash', type: 'bytes32' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
} as const

/** https://eips.ethereum.org/EIPS/eip-2612 */
export const PERMIT = {
  Permit: [
    { name: 'owner', type: 'address' },
    { name: 'spender', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
} as const

const NAMES = { AccessLicense: 'BioDeSci Access Licence', KeyRegistry: 'BioDeSci Keys', VisaRegistry: 'BioDeSci Visas' } as const

export function domainOf(contract: keyof typeof NAMES, chainId: number, verifyingContract: Address): TypedDataDomain {
  return { name: NAMES[contract], version: '1', chainId, verifyingContract }
}
