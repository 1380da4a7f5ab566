/**
 * From a delivered licence to the file in clear, all in the browser: envelope -> dataset key ->
 * commitment check -> container -> root check. The chain says what is right (active, envelope,
 * commitments); IPFS and gateway are trusted with nothing; which chain and contracts to ask comes
 * from the page’s own API.
 */
import { isHex, parseAbiItem, size, type Address, type Hex } from 'viem'

import { AccessLicense, DatasetNFT } from '@/generated/abi'
import type { LicenseAnswer } from '@/generated/api'

import { get } from './api'
import { fromHex, type Bytes } from './bytes'
import { containerOf, readCard, type ContainerFile } from './card'
import { checkKey } from './commitment'
import type { Deployment } from './config'
import { decrypt } from './container'
import { Failure, tampered } from './failure'
import * as gateway from './gateway'
import type { Reader } from './reader'
import { openTarget, type SavedFile } from './target'

export type Step = 'chain' | 'envelope' | 'file' | 'saving'

interface Release {
  client: Reader
  deployment: Deployment
  licenseId: bigint
  account: Address
  seeds: readonly Bytes[]
  signal: AbortSignal
  onStep: (step: Step) => void
  onProgress: (done: number, total: number) => void
}

const ENVELOPE_LIMIT = 4096
const CARD_LIMIT = 4 * 2 ** 20
const WITHDRAWN_HINT =
  'What you already downloaded falls under the licence terms; the key is not released again.'

export async function release(r: Release): Promise<SavedFile> {
  r.onStep('chain')
  const license = await requireActive(r)
  const version = await r.client.readContract({
    address: r.deployment.contracts.DatasetNFT,
    abi: DatasetNFT,
    functionName: 'versionOf',
    args: [license.datasetId, license.version],
  })
  if (version.withdrawnAt > 0)
    throw new Failure(
      'withdrawn',
      'Consent for this dataset version was withdrawn.',
      WITHDRAWN_HINT,
    )

  r.onStep('envelope')
  const sealed = await gateway.read(
    r.deployment.gatewayUrl,
    fromHex(await readEnvelope(r)),
    ENVELOPE_LIMIT,
    r.signal,
  )
  const opened = await openWithAny(r, sealed)
  if (opened.length !== 64) throw tampered('The envelope with your key')
  const key = opened.slice(0, 32)
  const publisher = {
    chainId: r.deployment.chainId,
    contract: r.deployment.contracts.DatasetNFT,
    account: version.publisher,
  }
  checkKey(publisher, key, opened.slice(32), fromHex(version.keyCommitment))

  r.onStep('file')
  const file = locate(
    await gateway.read(r.deployment.gatewayUrl, fromHex(version.card), CARD_LIMIT, r.signal),
  )
  const response = await gateway.open(r.deployment.gatewayUrl, file.digest, r.signal)
  if (!response.body) throw tampered('The encrypted file')
  const total = Number(response.headers.get('content-length')) || file.size
  const target = await openTarget(safeName(file.name), file.type, total)
  try {
    let received = 0
    const counted = response.body.pipeThrough(
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
    r.onStep('saving')
    await requireActive(r)
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

async function requireActive({ client, deployment, licenseId, account }: Release) {
  const at = { address: deployment.contracts.AccessLicense, abi: AccessLicense } as const
  const [license, active, block] = await Promise.all([
    client.readContract({ ...at, functionName: 'licenseOf', args: [licenseId] }),
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

const DELIVERED = parseAbiItem('event KeyDelivered(uint256 indexed licenseId, bytes32 envelope)')

/**
 * Where the envelope is: the contract said so once, in an event. Where a node does not search that
 * far back, the index knows; a false one does not open.
 */
async function readEnvelope({ client, deployment, licenseId, signal }: Release): Promise<Hex> {
  const logs = await client
    .getLogs({
      address: deployment.contracts.AccessLicense,
      event: DELIVERED,
      args: { licenseId },
      fromBlock: deployment.fromBlock,
    })
    .catch(() => [])
  const said =
    logs.at(-1)?.args.envelope ??
    (await get<LicenseAnswer>(`/v1/licenses/${licenseId}`, signal)).envelope?.digest
  if (!said || !isHex(said) || size(said) !== 32)
    throw new Failure(
      'missing',
      'The envelope with your key was not found.',
      'It was delivered, but neither the chain’s node nor the index knows where it is yet. Try again in a moment.',
    )
  return said
}

async function openWithAny(r: Release, sealed: Bytes): Promise<Bytes> {
  const envelope = await import('./envelope')
  const bound = envelope.info({
    purpose: 'license',
    chainId: r.deployment.chainId,
    contract: r.deployment.contracts.AccessLicense,
    id: r.licenseId,
    subject: r.account,
  })
  let failure: unknown
  for (const seed of r.seeds) {
    try {
      return await envelope.open(seed, sealed, bound)
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

/** A false card can only lead to a file that fails the root check. */
function locate(card: Bytes): ContainerFile {
  try {
    return containerOf(readCard(card))
  } catch (cause) {
    throw tampered('The dataset’s card', cause)
  }
}

function safeName(name: string): string {
  const plain = name
    .replaceAll(/[^\w.\- ]+/g, '_')
    .replace(/^[. ]+/, '')
    .slice(0, 120)
  return plain || 'dataset'
}
