import {
  createPublicClient,
  createWalletClient,
  custom,
  decodeFunctionData,
  domainSeparator,
  encodeFunctionResult,
  keccak256,
  parseAbi,
  toHex,
  zeroHash,
  type Address,
  type Hex,
  type TypedDataDomain,
} from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'

import { permitDomain, signPermit } from './permit'

const TOKEN: Address = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
const SPENDER: Address = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC'
const CHAIN = 31337
const ABI = parseAbi([
  'function name() view returns (string)',
  'function version() view returns (string)',
  'function nonces(address owner) view returns (uint256)',
  'function DOMAIN_SEPARATOR() view returns (bytes32)',
  'function PERMIT_TYPEHASH() view returns (bytes32)',
  'function eip712Domain() view returns (bytes1 fields, string name, string version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] extensions)',
])
const DOMAIN = { name: 'Test Dollar', version: '2', chainId: CHAIN, verifyingContract: TOKEN }
const account = privateKeyToAccount(generatePrivateKey())

/** A chain with one token, which answers what is given and reverts on all else. */
function chain(answers: Record<string, unknown>, code: Hex = '0x') {
  return createPublicClient({
    transport: custom(
      {
        request: async ({ method, params }: { method: string; params: [{ data: Hex }] }) => {
          if (method === 'eth_getCode') return code
          if (method !== 'eth_call') throw new Error(method)
          const { functionName } = decodeFunctionData({ abi: ABI, data: params[0].data })
          if (!(functionName in answers))
            throw Object.assign(new Error('execution reverted'), { code: 3, data: '0x' })
          return encodeFunctionResult({
            abi: ABI,
            functionName,
            result: answers[functionName],
          } as never)
        },
      },
      { retryCount: 0 },
    ),
  })
}

const separator = (domain: TypedDataDomain) => domainSeparator({ domain })
const base = {
  nonces: 7n,
  DOMAIN_SEPARATOR: separator(DOMAIN),
  name: DOMAIN.name,
  version: DOMAIN.version,
}
const erc5267 = ['0x0f', DOMAIN.name, DOMAIN.version, BigInt(CHAIN), TOKEN, zeroHash, []]
const { version: _version, ...unversioned } = base

describe('the domain of a permit', () => {
  it.each([
    ['name and version', base],
    ['ERC-5267, though name() says otherwise', { ...base, name: 'Renamed', eip712Domain: erc5267 }],
    ['the usual versions, where it tells none', unversioned],
    [
      'the standard type, where it tells it',
      {
        ...base,
        PERMIT_TYPEHASH: keccak256(
          toHex(
            'Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)',
          ),
        ),
      },
    ],
  ])('is found by %s', async (_, answers) => {
    expect(await permitDomain(chain(answers), TOKEN, account.address, CHAIN)).toEqual(DOMAIN)
  })

  it.each([
    ['has no domain separator', { nonces: 7n, name: 'Old', version: '1' }],
    ['has no nonces', { ...base, nonces: undefined }],
    ['hashes to another separator', { ...base, name: 'Another' }],
    [
      'is bound to another chain',
      {
        ...base,
        DOMAIN_SEPARATOR: separator({ ...DOMAIN, chainId: 1 }),
        eip712Domain: erc5267.with(3, 1n),
      },
    ],
    [
      'signs another type, as DAI does',
      {
        ...base,
        PERMIT_TYPEHASH: keccak256(
          toHex('Permit(address holder,address spender,uint256 nonce,uint256 expiry,bool allowed)'),
        ),
      },
    ],
  ])('is none where the token %s', async (_, answers) => {
    const told = Object.fromEntries(
      Object.entries(answers).filter(([, answer]) => answer !== undefined),
    )
    expect(await permitDomain(chain(told), TOKEN, account.address, CHAIN)).toBeNull()
  })

  it('is none for a contract wallet, which signs otherwise; but for an account that delegates', async () => {
    expect(await permitDomain(chain(base, '0x6080'), TOKEN, account.address, CHAIN)).toBeNull()
    expect(
      await permitDomain(chain(base, `0xef0100${'ab'.repeat(20)}`), TOKEN, account.address, CHAIN),
    ).toEqual(DOMAIN)
  })
})

describe('a permit', () => {
  const wallet = createWalletClient({
    account,
    transport: custom({ request: () => Promise.reject(new Error('asked')) }),
  })
  const request = {
    client: chain(base),
    wallet,
    domain: DOMAIN,
    token: TOKEN,
    account: account.address,
    spender: SPENDER,
    value: 25n,
    deadline: 100n,
  }

  it('is the payment that the contract takes', async () => {
    expect(await signPermit(request)).toMatchObject({
      method: 1,
      deadline: 100n,
      validAfter: 0n,
      nonce: zeroHash,
      v: expect.toSatisfy((v) => v === 27 || v === 28),
    })
  })

  it('is refused when another account signed it', async () => {
    await expect(signPermit({ ...request, account: SPENDER })).rejects.toMatchObject({
      kind: 'wallet',
    })
  })
})
