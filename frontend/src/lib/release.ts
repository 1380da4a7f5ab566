/**
 * From a delivered licence to the file in clear, all in the browser: envelope -> dataset key ->
 * commitment check -> container -> root check. The chain says what is right (active, envelope,
 * commitments); IPFS and gateway are trusted with nothing; which chain and contracts to ask comes
 * from the page’s own API.
 */
import { getAbiItem, isHex, size, type Address, type Hex } from 'viem'

import { AccessLicense, DatasetNFT, LicenseLens } from '@/generated/abi'
import { limits } from '@/generated/documents'

import { get } from './api'
import { fromHex, type Bytes } from './bytes'
import { containerOf, readCard, type ContainerFile } from './card'
import { checkKey, ofVersion } from './commitment'
import type { Deployment } from './config'
import { decrypt } from './container'
import { Failure, tampered } from './failure'
import * as gateway from './gateway'
import { isOrigin } from './origin'
import type { Asking } from './ownersServer'
import type { Reader } from './reader'
import { openTarget, type SavedFile } from './target'

export type Step = 'chain' | 'envelope' | 'file' | 'counting' | 'saving'

interface Release {
  client: Reader
  deployment: Deployment
  licenseId: bigint
  account: Address
  seeds: readonly Bytes[]
  signal: AbortSignal
  /** Counts one use on chain, where the licence's uses are counted. */
  countUse: () => Promise<unknown>
  /** Has the wallet sign that it asks for a private file. */
  sign: Asking['sign']
  /** The origin of a partner's server, asked for a private file instead of the owner's; '': none. */
  partner: string
  /** Servers that the owner's list names, where the one that was asked gives it. */
  onPartners: (origins: string[]) => void
  onStep: (step: Step) => void
  onProgress: (done: number, total: number) => void
}

/** type(uint32).max: uses are not counted */
const NOT_COUNTED = 2 ** 32 - 1

/**
 * Raises what stands in the way. Nothing is saved, and no use is counted, before every byte matched
 * the root on chain.
 */
export async function release(r: Release): Promise<SavedFile> {
  r.onStep('chain')
  const license = await requireActive(r)
  const stored = await r.client.readContract({
    address: r.deployment.contracts.DatasetNFT,
    abi: DatasetNFT,
    functionName: 'versionOf',
    args: [license.datasetId, license.version],
  })

  const version = { ...stored, ...(await readCommitments(r, license, stored.commitments)) }

  r.onStep('envelope')
  const opened = await openAny(r, version)
  const key = opened.slice(0, 32)

  r.onStep('file')
  const file = locate(
    await gateway.read(
      r.deployment.gatewayUrl,
      fromHex(version.card),
      limits['dataset-card'],
      r.signal,
    ),
    version.contentRoot,
  )
  const { body, total } = file.servedAt
    ? await openAtOwners(r, license.datasetId, file)
    : await openOnIpfs(r, file)
  const target = await openTarget(safeName(file.name), file.type, total)
  try {
    let received = 0
    const counted = body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          received += chunk.length
          r.onProgress(received, total)
          controller.enqueue(chunk)
        },
      }),
    )
    for await (const segment of decrypt(counted, key, fromHex(version.contentRoot)))
      await target.write(segment)
    await requireActive(r)
    // A use is counted for a file that is right, and before anyone can read it.
    if (license.usesLeft !== NOT_COUNTED) {
      r.onStep('counting')
      await r.countUse()
    }
    r.onStep('saving')
    return await target.finish()
  } catch (error) {
    await target.discard()
    if (error instanceof TypeError && !r.signal.aborted)
      throw new Failure(
        'ipfs',
        'The download broke off.',
        'Nothing half done was kept. Check that the IPFS node is running, then try again.',
        { cause: error },
      )
    throw error
  } finally {
    key.fill(0)
    opened.fill(0)
  }
}

interface Opened {
  body: ReadableStream<Uint8Array>
  /** In bytes. */
  total: number
}

async function openOnIpfs(r: Release, file: ContainerFile): Promise<Opened> {
  const response = await gateway.open(r.deployment.gatewayUrl, file.digest, r.signal)
  if (!response.body) throw tampered('The encrypted file')
  return {
    body: response.body,
    total: Number(response.headers.get('content-length')) || file.size,
  }
}

async function openAtOwners(r: Release, datasetId: bigint, file: ContainerFile): Promise<Opened> {
  const { open } = await import('./ownersServer')
  const { chainId, contracts } = r.deployment
  const { licenseId, account, sign, signal, partner } = r
  // A stranger's card may name any address.
  if (!isOrigin(file.servedAt))
    throw tampered('The address of the owner’s server in the dataset’s card')
  const servedAt = partner || file.servedAt
  const from = { servedAt, isPartners: servedAt !== file.servedAt, digest: file.digest }
  const of = { datasetId, licenseId, chainId, licenses: contracts.AccessLicense, account }
  const opened = await open({ ...from, ...of, sign, signal })
  void opened.partners.then(r.onPartners)
  return opened
}

async function requireActive({ client, deployment, licenseId, account }: Release) {
  const { contracts } = deployment
  const at = { address: contracts.AccessLicense, abi: AccessLicense } as const
  const lens = { address: contracts.LicenseLens, abi: LicenseLens } as const
  const [license, active, block] = await Promise.all([
    client.readContract({ ...lens, functionName: 'licenseOf', args: [licenseId] }),
    client.readContract({ ...at, functionName: 'isActive', args: [licenseId] }),
    client.getBlock(),
  ])
  if (license.licensee.toLowerCase() !== account.toLowerCase())
    throw new Failure(
      'missing',
      'This licence belongs to another account.',
      'Choose the account that bought it in your wallet.',
    )
  if (active) return license
  if (license.expiresAt > 0 && BigInt(license.expiresAt) <= block.timestamp)
    throw new Failure(
      'expired',
      'This licence has expired.',
      'Buy a new licence to open the data again.',
    )
  throw new Failure(
    'missing',
    'This licence is not active.',
    'Its key was not delivered yet, or it was revoked, refunded or disputed; the page shows its state.',
  )
}

const DELIVERED = getAbiItem({ abi: AccessLicense, name: 'LicenseDelivered' })
const REDELIVERED = getAbiItem({ abi: AccessLicense, name: 'KeyRedelivered' })

/**
 * Where the envelopes are, the newest first: the contract says so in events alone. Where a node does
 * not search that far back, the index knows the newest; a false one does not open.
 */
async function readEnvelopes({ client, deployment, licenseId, signal }: Release): Promise<Hex[]> {
  const at = {
    address: deployment.contracts.AccessLicense,
    args: { licenseId },
    fromBlock: deployment.fromBlock,
  }
  const logs = await Promise.all([
    client.getLogs({ ...at, event: DELIVERED }),
    client.getLogs({ ...at, event: REDELIVERED }),
  ]).catch(() => [])
  const logged = logs.flat().map(({ args }) => args.envelope)
  const said =
    logged.length > 0
      ? logged.toReversed()
      : [(await get('/v1/licenses/{id}', { id: licenseId }, signal)).envelope?.digest]
  const envelopes = said.filter((one) => isHex(one) && size(one) === 32) as Hex[]
  if (envelopes.length === 0)
    throw new Failure(
      'missing',
      'The envelope with your key was not found.',
      'It was delivered, but neither the chain’s node nor the index knows where it is yet. Try again in a moment.',
    )
  return envelopes
}

const PUBLISHED = getAbiItem({ abi: DatasetNFT, name: 'DatasetPublished' })
const REVISED = getAbiItem({ abi: DatasetNFT, name: 'VersionPublished' })

type Commitments = { readonly contentRoot: Hex; readonly keyCommitment: Hex }

/**
 * Content root and key commitment of the licensed version, which the contract keeps one hash of. It
 * says them in an event; where a node does not search that far back, the index knows them. Wherever
 * they come from, they count only if they have that hash.
 */
async function readCommitments(
  { client, deployment, licenseId, signal }: Release,
  { datasetId, version }: { datasetId: bigint; version: number },
  hash: Hex,
): Promise<Commitments> {
  const at = { address: deployment.contracts.DatasetNFT, fromBlock: deployment.fromBlock }
  const logs = await (
    version === 1
      ? client.getLogs({ ...at, event: PUBLISHED, args: { datasetId } })
      : client.getLogs({ ...at, event: REVISED, args: { datasetId, version } })
  ).catch(() => [])
  const fits = (one: Partial<Commitments>): one is Commitments =>
    isWord(one.contentRoot) &&
    isWord(one.keyCommitment) &&
    ofVersion(one.contentRoot, one.keyCommitment) === hash
  const logged = logs.map(({ args }) => args as Partial<Commitments>).find(fits)
  if (logged) return logged
  const indexed = await get('/v1/licenses/{id}', { id: licenseId }, signal)
  const said = { contentRoot: indexed.contentRoot, keyCommitment: indexed.keyCommitment }
  if (fits(said as Partial<Commitments>)) return said as Commitments
  throw tampered('What the chain’s node and the index say of this version')
}

const isWord = (one: unknown): one is Hex => isHex(one) && size(one) === 32

type Version = { readonly keyCommitment: Hex; readonly publisher: Address }

/**
 * Dataset key and opening, checked against the commitment. An owner can deliver once more: the
 * newest envelope that holds the key counts, so that a later one takes nothing away.
 */
async function openAny(r: Release, version: Version): Promise<Bytes> {
  let failure: unknown
  for (const envelope of await readEnvelopes(r)) {
    try {
      const { gatewayUrl } = r.deployment
      const sealed = await gateway.read(
        gatewayUrl,
        fromHex(envelope),
        limits['key-in-shares'],
        r.signal,
      )
      const opened = await openWithAny(r, sealed)
      if (opened.length !== 64) throw tampered('The envelope with your key')
      const publisher = {
        chainId: r.deployment.chainId,
        contract: r.deployment.contracts.DatasetNFT,
        account: version.publisher,
      }
      const commitment = fromHex(version.keyCommitment)
      checkKey(publisher, opened.slice(0, 32), opened.slice(32), commitment)
      return opened
    } catch (error) {
      if (r.signal.aborted) throw error
      failure ??= error
    }
  }
  throw failure
}

async function openWithAny(r: Release, sealed: Bytes): Promise<Bytes> {
  const [envelope, shares] = await Promise.all([import('./envelope'), import('./shares')])
  const licence = {
    chainId: r.deployment.chainId,
    contract: r.deployment.contracts.AccessLicense,
    id: r.licenseId,
    subject: r.account,
  }
  const bound = envelope.info({ purpose: 'license', ...licence })
  let failure: unknown
  for (const seed of r.seeds) {
    try {
      return shares.isInShares(sealed)
        ? await shares.openShares(seed, sealed, licence)
        : await envelope.open(seed, sealed, bound)
    } catch (error) {
      failure = error
    }
  }
  throw (
    failure ??
    new Failure(
      'no-key',
      'This browser holds no key for your account.',
      'Load your recovery file under "My key".',
    )
  )
}

/**
 * A false card can only lead to a file that fails the root check; one that gives another root is
 * refused before anything is fetched.
 */
function locate(card: Bytes, root: Hex): ContainerFile {
  let file: ContainerFile
  try {
    file = containerOf(readCard(card))
  } catch (cause) {
    throw tampered('The dataset’s card', cause)
  }
  if (file.contentRoot && `0x${file.contentRoot}` !== root.toLowerCase())
    throw tampered('The file that the dataset’s card describes')
  return file
}

function safeName(name: string): string {
  const plain = name
    .replaceAll(/[^\w.\- ]+/g, '_')
    .replace(/^[. ]+/, '')
    .slice(0, 120)
  return plain || 'dataset'
}
