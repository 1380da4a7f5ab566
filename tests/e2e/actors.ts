/**
 * What others do on chain while a test watches the page: tokens, owners with datasets of their own,
 * issuers of visas.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import {
  createWalletClient,
  http,
  parseAbi,
  zeroAddress,
  zeroHash,
  type Abi,
  type Address,
  type Hex,
  type PrivateKeyAccount,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

import { offerHash } from '../../frontend/src/features/licenses/purchase/offerHash'
import { RIGHTS } from '../../frontend/src/features/licenses/rights'
import {
  AccessLicense,
  DatasetNFT,
  KeyRegistry,
  LicenseLens,
  VisaRegistry,
} from '../../frontend/src/generated/abi'
import { newAccount, rpc, type Stack } from './fixtures'
import type { World } from './world'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export const TOKEN = parseAbi([
  'function balanceOf(address) view returns (uint256)',
  'function mint(address, uint256)',
  'function allowance(address, address) view returns (uint256)',
  'function approve(address, uint256)',
])
export const RESEARCHER_STATUS = 2
export const HMB = 1n << 2n

export async function actor(stack: Stack): Promise<PrivateKeyAccount> {
  return privateKeyToAccount((await newAccount(stack)).privateKey)
}

/**
 * Of tests/contracts/tokens. Dollar has permits and 6 decimals; SilentToken has neither permits nor a name;
 * StubbornToken wants an approval to be zero before it changes it.
 */
type TokenName = 'Dollar' | 'SilentToken' | 'StubbornToken'

/** From what `make compile` built: the compiler takes longer than a test. */
export async function deployToken({ stack, read }: World, name: TokenName): Promise<Address> {
  const built = join(ROOT, '.cache/forge/out', `${name}.sol/${name}.json`)
  if (!existsSync(built)) throw new Error(`${name} is not compiled. Run: make compile`)
  const { abi, bytecode } = JSON.parse(readFileSync(built, 'utf8')) as {
    abi: Abi
    bytecode: { object: Hex }
  }
  const wallet = createWalletClient({ account: await actor(stack), transport: http(stack.rpcUrl) })
  const { contractAddress } = await read.waitForTransactionReceipt({
    hash: await wallet.deployContract({ abi, bytecode: bytecode.object, chain: null }),
  })
  if (!contractAddress) throw new Error('the token was not deployed')
  return contractAddress
}

/** Gives this account so much of a token of tests/contracts/tokens, in smallest units. */
export async function mint(
  { stack, send }: World,
  token: Address,
  to: Address,
  amount: bigint,
): Promise<void> {
  await send(await actor(stack), token, TOKEN as Abi, 'mint', [to, amount])
}

interface OfferChange {
  datasetId?: bigint
  price?: bigint
  currency?: Address
  duration?: number
  uses?: number
  right?: number
  visas?: number
  proRata?: boolean
  arbiter?: Address
}

export function offerOf(change: OfferChange): object {
  return {
    datasetId: 0n,
    price: 0n,
    currency: zeroAddress,
    duration: 30 * 86_400,
    uses: 0,
    deliveryWindow: 86_400,
    disputeWindow: 86_400,
    right: 1,
    visas: 0,
    proRata: false,
    arbiter: zeroAddress,
    ...change,
  }
}

/** Makes an offer for a dataset of the stack, as its owner. */
export async function offerFromOwner(
  world: World,
  datasetId: bigint,
  offer: object,
): Promise<void> {
  const { contracts, read } = world
  const owner = await read.readContract({
    address: contracts.DatasetNFT,
    abi: DatasetNFT,
    functionName: 'ownerOf',
    args: [datasetId],
  })
  await actAs(world, owner, 'createOffer', [offer])
}

/**
 * A dataset of this owner's, whose files are nowhere: enough for all that is about rights and
 * money.
 */
export async function publish(
  { contracts, read, send }: World,
  owner: PrivateKeyAccount,
  offer: object,
  terms = HMB,
  sources: readonly { datasetId: bigint; licenseId: bigint }[] = [],
): Promise<bigint> {
  const some = `0x${'5a'.repeat(32)}`
  await send(owner, contracts.DatasetNFT, DatasetNFT as Abi, 'publishWithOffer', [
    { card: some, contentRoot: some, keyCommitment: some, terms, diseases: zeroHash },
    sources,
    offer,
  ])
  return read.readContract({
    address: contracts.DatasetNFT,
    abi: DatasetNFT,
    functionName: 'datasetCount',
  })
}

/** Buys the newest offer, for health research, by another one than the page; who judges that may have to. */
export async function buyNewest(world: World, buyer: PrivateKeyAccount): Promise<bigint> {
  const { contracts, read, send } = world
  const lens = { address: contracts.LicenseLens, abi: LicenseLens } as const
  const id = await read.readContract({ ...lens, functionName: 'offerCount' })
  const [offer] = await read.readContract({ ...lens, functionName: 'offerOf', args: [id] })
  const hash = offerHash({ ...offer, right: RIGHTS[offer.right] ?? 'none' })
  const args = [id, hash, 1, HMB, true]
  await send(buyer, contracts.AccessLicense, AccessLicense as Abi, 'purchase', args, offer.price)
  return read.readContract({ ...lens, functionName: 'licenseCount' })
}

/** The file that an issuer hands to a researcher. */
export async function issueVisa(
  { stack, contracts, read }: World,
  issuer: PrivateKeyAccount,
  subject: Address,
): Promise<Buffer> {
  const now = Number((await read.getBlock()).timestamp)
  const visa = {
    subject,
    visaType: RESEARCHER_STATUS,
    value: zeroHash,
    issuer: issuer.address,
    asserted: now - 60,
    expires: now + 10 * 86_400,
  }
  const signature = await issuer.signTypedData({
    domain: {
      name: 'BioDeSci Visas',
      version: '1',
      chainId: stack.chainId,
      verifyingContract: contracts.VisaRegistry,
    },
    types: {
      Visa: [
        { name: 'subject', type: 'address' },
        { name: 'visaType', type: 'uint8' },
        { name: 'value', type: 'bytes32' },
        { name: 'issuer', type: 'address' },
        { name: 'asserted', type: 'uint40' },
        { name: 'expires', type: 'uint40' },
      ],
    },
    primaryType: 'Visa',
    message: visa,
  })
  return Buffer.from(
    JSON.stringify({
      format: 'biodesci-visa/1',
      chainId: stack.chainId,
      registry: contracts.VisaRegistry,
      visa: { ...visa, visaType: 'ResearcherStatus' },
      signature,
    }),
  )
}

export function trust(
  { contracts, send }: World,
  owner: PrivateKeyAccount,
  issuer: Address,
): Promise<void> {
  return send(owner, contracts.VisaRegistry, VisaRegistry as Abi, 'trust', [
    issuer,
    1 << RESEARCHER_STATUS,
  ])
}

/** An envelope that is nowhere, so that nobody can open it. */
export const ENVELOPE: Hex = `0x${'5b'.repeat(32)}`

/** The owner delivers access by the newest licence: with an envelope, or by a right without a key. */
export async function deliverNewest(
  world: World,
  owner: PrivateKeyAccount,
  envelope: Hex = ENVELOPE,
): Promise<bigint> {
  const { contracts, read, send } = world
  const id = await read.readContract({
    address: contracts.LicenseLens,
    abi: LicenseLens,
    functionName: 'licenseCount',
  })
  const call = await deliveryOf(world, id, envelope)
  await send(owner, contracts.AccessLicense, AccessLicense as Abi, 'deliver', call)
  return id
}

/** What `deliver` and `redeliver` take: for whom it is and of what data, besides the number. */
export async function deliveryOf(world: World, id: bigint, envelope: Hex) {
  const { contracts, read } = world
  const sold = await licenseOf(world, id)
  const { commitments } = await read.readContract({
    address: contracts.DatasetNFT,
    abi: DatasetNFT,
    functionName: 'versionOf',
    args: [sold.datasetId, sold.version],
  })
  return [id, envelope, commitments, sold.licensee]
}

/** A licence as the chain has it. */
export const licenseOf = ({ read, contracts }: World, id: bigint) =>
  read.readContract({
    address: contracts.LicenseLens,
    abi: LicenseLens,
    functionName: 'licenseOf',
    args: [id],
  })

/**
 * A dataset limited to diseases (DUO's DS), published as its owner would: by the command line, from
 * a slice of MONDO, with its card on IPFS.
 */
export async function publishForDisease(
  { stack, contracts, read }: World,
  disease: string,
  price: string,
): Promise<{ id: bigint; owner: Address }> {
  const state = dirname(dirname(dirname(stack.datasets[0]?.file ?? '')))
  const ipfs = /API on (http:\S+),/.exec(readFileSync(join(state, 'logs/ipfs.log'), 'utf8'))?.[1]
  if (!ipfs) throw new Error('the IPFS node did not say where its API is')
  const home = mkdtempSync(join(state, 'owner-'))
  const file = join(home, 'cohort.csv')
  writeFileSync(
    file,
    `age,outcome\n${Array.from({ length: 40 }, (_, i) => `${40 + (i % 4) * 10},${i % 2}`).join('\n')}\n`,
  )
  const run = (...args: string[]) =>
    JSON.parse(
      execFileSync(join(ROOT, '.venv/bin/biodesci'), [...args, '--json'], {
        encoding: 'utf8',
        env: {
          ...process.env,
          BIODESCI_ROOT: ROOT,
          BIODESCI_HOME: join(home, 'owner'),
          BIODESCI_PASSPHRASE: 'for this test alone',
          BIODESCI_RPC_URL: stack.rpcUrl,
          BIODESCI_IPFS_API: ipfs,
          BIODESCI_IPFS_GATEWAY: stack.gatewayUrl,
          BIODESCI_DEPLOYMENT: join(state, 'deployment.json'),
        },
      }),
    ) as Record<string, unknown>
  const owner = run('account', 'create')['address'] as Address
  await rpc(stack, 'anvil_setBalance', owner, '0x8ac7230489e80000')
  run(
    'dataset',
    'publish',
    file,
    '--name',
    'Heart cohort for one disease',
    '--term',
    'DS',
    '--disease',
    disease,
    '--mondo',
    join(ROOT, 'tests/vectors/mondo_heart.obo'),
    '--price',
    price,
    '--duration',
    '86400',
    '--public',
    '--confirm',
    '--rows-are-people',
  )
  return {
    id: await read.readContract({
      address: contracts.DatasetNFT,
      abi: DatasetNFT,
      functionName: 'datasetCount',
    }),
    owner,
  }
}

/** As an account whose key a test does not have. */
export async function actAs(
  { stack, contracts, read }: World,
  account: Address,
  functionName: string,
  args: readonly unknown[],
): Promise<void> {
  await rpc(stack, 'anvil_impersonateAccount', account)
  const wallet = createWalletClient({ account, transport: http(stack.rpcUrl) })
  const hash = await wallet.writeContract({
    address: contracts.AccessLicense,
    abi: AccessLicense as Abi,
    functionName,
    args,
    chain: null,
  })
  await read.waitForTransactionReceipt({ hash })
  await rpc(stack, 'anvil_stopImpersonatingAccount', account)
}

/** The account says that it decides disputes: without that no offer can name it. */
export function acceptArbitration(
  { contracts, send }: World,
  account: PrivateKeyAccount,
): Promise<void> {
  return send(account, contracts.AccessLicense, AccessLicense as Abi, 'acceptArbitration', [true])
}

/** A public key, whose private part nobody has: enough to buy, not to read. */
export function registerKey({ contracts, send }: World, account: PrivateKeyAccount): Promise<void> {
  return send(account, contracts.KeyRegistry, KeyRegistry as Abi, 'register', [
    `0x${'5c'.repeat(1216)}`,
  ])
}

/**
 * An account that can buy at once: with ether, and a registered key whose private part is nowhere.
 * How the page makes a key is the business of licence.spec.ts.
 */
export async function newBuyer(world: World): Promise<{ address: Hex; privateKey: Hex }> {
  const account = await newAccount(world.stack)
  await registerKey(world, privateKeyToAccount(account.privateKey))
  return account
}
