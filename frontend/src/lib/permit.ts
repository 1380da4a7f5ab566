/**
 * Permits (ERC-2612): the owner of a token lets the licence contract take exactly one price, by a
 * signature instead of a transaction. A token's domain is believed only if it hashes to what the
 * token itself checks signatures against.
 */
import {
  domainSeparator,
  isAddressEqual,
  keccak256,
  parseAbi,
  parseSignature,
  recoverTypedDataAddress,
  toHex,
  zeroHash,
  type Address,
  type Hex,
  type TypedDataDomain,
} from 'viem'

import { Failure } from './failure'
import type { Reader, Signer } from './reader'

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

const TOKEN = parseAbi([
  'function name() view returns (string)',
  'function version() view returns (string)',
  'function nonces(address owner) view returns (uint256)',
  'function DOMAIN_SEPARATOR() view returns (bytes32)',
  'function PERMIT_TYPEHASH() view returns (bytes32)',
  'function eip712Domain() view returns (bytes1 fields, string name, string version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] extensions)',
])

const TYPEHASH = keccak256(
  toHex('Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)'),
)
const none = () => null
/** An account that delegates to code (EIP-7702) signs as any other. */
const DELEGATED = '0xef0100'

/**
 * The domain to sign a permit of this token in, or null: the token has no (standard) permit, or the
 * account cannot sign one.
 */
export async function permitDomain(
  client: Reader,
  token: Address,
  account: Address,
  chainId: number,
): Promise<TypedDataDomain | null> {
  const at = { address: token, abi: TOKEN } as const
  const [separator, nonce, typehash, told, name, version, code] = await Promise.all([
    client.readContract({ ...at, functionName: 'DOMAIN_SEPARATOR' }).catch(none),
    client.readContract({ ...at, functionName: 'nonces', args: [account] }).catch(none),
    client.readContract({ ...at, functionName: 'PERMIT_TYPEHASH' }).catch(none),
    client.readContract({ ...at, functionName: 'eip712Domain' }).catch(none),
    client.readContract({ ...at, functionName: 'name' }).catch(none),
    client.readContract({ ...at, functionName: 'version' }).catch(none),
    client.getCode({ address: account }),
  ])
  if (separator === null || nonce === null) return null
  if (typehash !== null && typehash !== TYPEHASH) return null
  if (code && code !== '0x' && !code.startsWith(DELEGATED)) return null
  const candidates = told
    ? [fromErc5267(told)]
    : name === null
      ? []
      : (version === null ? ['1', '2'] : [version]).map((v) => ({
          name,
          version: v,
          chainId,
          verifyingContract: token,
        }))
  return (
    candidates.find(
      (domain) => domainSeparator({ domain }) === separator && domain.chainId === chainId,
    ) ?? null
  )
}

/** https://eips.ethereum.org/EIPS/eip-5267: a bit for each field that the domain has. */
function fromErc5267([fields, name, version, chainId, verifyingContract, salt]: readonly [
  Hex,
  string,
  string,
  bigint,
  Address,
  Hex,
  readonly bigint[],
]): TypedDataDomain {
  const bits = Number(fields)
  return {
    ...(bits & 1 ? { name } : {}),
    ...(bits & 2 ? { version } : {}),
    ...(bits & 4 ? { chainId: Number(chainId) } : {}),
    ...(bits & 8 ? { verifyingContract } : {}),
    ...(bits & 16 ? { salt } : {}),
  }
}

/** The payment that a purchase takes; see `Payment` in contracts/interfaces/IAccessLicense.sol. */
export interface Payment {
  method: number
  v: number
  r: Hex
  s: Hex
  validAfter: bigint
  deadline: bigint
  nonce: Hex
}

/** Ether with the transaction, or what was approved before. */
export const DIRECT: Payment = {
  method: 0,
  v: 0,
  r: zeroHash,
  s: zeroHash,
  validAfter: 0n,
  deadline: 0n,
  nonce: zeroHash,
}

interface PermitRequest {
  client: Reader
  wallet: Signer
  domain: TypedDataDomain
  token: Address
  account: Address
  spender: Address
  value: bigint
  /** The last second in which it counts. */
  deadline: bigint
}

export async function signPermit({
  client,
  wallet,
  domain,
  token,
  account,
  spender,
  value,
  deadline,
}: PermitRequest): Promise<Payment> {
  const nonce = await client.readContract({
    address: token,
    abi: TOKEN,
    functionName: 'nonces',
    args: [account],
  })
  const typed = {
    domain,
    types: PERMIT,
    primaryType: 'Permit',
    message: { owner: account, spender, value, nonce, deadline },
  } as const
  const signature = await wallet.signTypedData({ account: wallet.account ?? account, ...typed })
  const signer = await recoverTypedDataAddress({ ...typed, signature }).catch(() => null)
  if (signer === null || !isAddressEqual(signer, account))
    throw new Failure(
      'wallet',
      'The wallet’s signature is not one of this account.',
      'Nothing was sent. Choose the paying account in your wallet and try again; a contract wallet can approve the token by itself first.',
    )
  const { r, s, v, yParity } = parseSignature(signature)
  return {
    method: 1,
    v: Number(v ?? 27n + BigInt(yParity)),
    r,
    s,
    validAfter: 0n,
    deadline,
    nonce: zeroHash,
  }
}
