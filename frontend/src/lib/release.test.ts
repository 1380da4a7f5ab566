import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { toHex, type Address, type Hex } from 'viem'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { concat, copy, fromHex, type Bytes } from './bytes'
import { fromDigest } from './cid'
import { keyCommitment, ofVersion } from './commitment'
import type { Deployment } from './config'
import { generateSeed, info, publicKey, seal } from './envelope'
import type { ContentRequest } from './ownersServer'
import type { Reader } from './reader'
import { release } from './release'

const VECTORS = join(import.meta.dirname, '../../../tests/vectors')
const CHAIN = 31_337
const ACCOUNT: Address = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const PUBLISHER: Address = '0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC'
const LICENCES: Address = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
const DATASETS: Address = '0x90F79bf6EB2c4f870365E785982E1f101E93b906'
const LICENCE = 5n
const ENVELOPE = new Uint8Array(32).fill(1)
const CARD = new Uint8Array(32).fill(2)
/** As the card of the vectors names it. */
const CONTENT = new Uint8Array(32).fill(3)
const SIGNATURE: Hex = `0x${'ab'.repeat(65)}`
let signed: ContentRequest[] = []

const [vector] = JSON.parse(readFileSync(join(VECTORS, 'container.json'), 'utf8')).accepted as {
  datasetKey: string
  plaintextSize: number
  contentRoot: string
  containerBase64: string
}[]
if (!vector) throw new Error('vectors are missing')
const { containerBase64 } = vector
const root = vector.contentRoot.replace(/^0x/, '')
const right = fromHex(vector.datasetKey)
const salt = new Uint8Array(32).fill(9)
const seed = generateSeed()

/** What a version was published with. */
const published = (key: Bytes) => ({
  contentRoot: toHex(fromHex(root)),
  keyCommitment: toHex(
    keyCommitment({ chainId: CHAIN, contract: DATASETS, account: PUBLISHER }, key, salt),
  ),
})
const OTHER = { ...published(right), contentRoot: toHex(CARD) }

/** What the chain says, beside the file and the envelope, and what the index does. */
let said: { active: boolean; withdrawnAt: number; key: Bytes; logged: object[]; indexed: object }

const client = {
  getBlock: () => Promise.resolve({ timestamp: 1_000n }),
  getLogs: ({ event }: { event: { name: string } }) =>
    Promise.resolve(
      event.name === 'LicenseDelivered'
        ? [{ args: { envelope: toHex(ENVELOPE) } }]
        : event.name === 'DatasetPublished'
          ? said.logged.map((args) => ({ args }))
          : [],
    ),
  readContract: ({ functionName }: { functionName: string }) => {
    switch (functionName) {
      case 'isActive':
        return Promise.resolve(said.active)
      case 'licenseOf':
        return Promise.resolve({
          licensee: ACCOUNT,
          datasetId: 3n,
          version: 1,
          expiresAt: 0,
          usesLeft: 2 ** 32 - 1,
        })
      default:
        return Promise.resolve({
          card: toHex(CARD),
          commitments: ofVersion(
            published(said.key).contentRoot,
            published(said.key).keyCommitment,
          ),
          publisher: PUBLISHER,
          withdrawnAt: said.withdrawnAt,
        })
    }
  },
} as unknown as Reader

/** A stranger’s version: what was delivered and committed to, and the root that the card gives. */
async function publish(key: Bytes, cardRoot: string) {
  said = { active: true, withdrawnAt: 0, key, logged: [published(key)], indexed: OTHER }
  const bound = info({
    purpose: 'license',
    chainId: CHAIN,
    contract: LICENCES,
    id: LICENCE,
    subject: ACCOUNT,
  })
  const card = readFileSync(join(VECTORS, 'documents/dataset-card.json'), 'utf8')
  const files = new Map<string, Bytes>([
    [fromDigest(ENVELOPE), await seal(await publicKey(seed), concat(key, salt), bound)],
    [fromDigest(CARD), copy(Buffer.from(card.replace('01'.repeat(32), cardRoot)))],
    [fromDigest(CONTENT), copy(Buffer.from(containerBase64, 'base64'))],
  ])
  vi.stubGlobal('fetch', (url: string) =>
    Promise.resolve(
      url.includes('/v1/licenses/')
        ? Response.json(said.indexed)
        : new Response(files.get(url.split('/').at(-1) ?? '') ?? null),
    ),
  )
}

beforeEach(() => publish(right, root))

afterEach(() => vi.unstubAllGlobals())

const open = (partner = '', onPartners: (origins: string[]) => void = () => undefined) =>
  release({
    client,
    deployment: {
      chainId: CHAIN,
      gatewayUrl: 'http://gateway.example',
      fromBlock: 0n,
      contracts: { AccessLicense: LICENCES, DatasetNFT: DATASETS },
    } as Deployment,
    licenseId: LICENCE,
    account: ACCOUNT,
    seeds: [seed],
    signal: new AbortController().signal,
    countUse: () => Promise.reject(new Error('its uses are not counted')),
    sign: (request) => {
      signed.push(request)
      return Promise.resolve(SIGNATURE)
    },
    partner,
    onPartners,
    onStep: () => undefined,
    onProgress: () => undefined,
  })

it('opens what was delivered, and goes on to after consent was withdrawn, as the contract has it', async () => {
  for (const withdrawnAt of [0, 900]) {
    said.withdrawnAt = withdrawnAt
    expect((await open()).size).toBe(vector.plaintextSize)
  }
})

it('takes the commitments from the index where the chain’s node tells none, or others', async () => {
  said.indexed = published(right)
  for (const logged of [[], [OTHER]]) {
    said.logged = logged
    expect((await open()).size).toBe(vector.plaintextSize)
  }
})

it('opens nothing by commitments that the contract does not keep, whoever says them', async () => {
  for (const logged of [[], [OTHER], [{}], [{ ...published(right), keyCommitment: '0x' }]]) {
    said.logged = logged
    await expect(open()).rejects.toMatchObject({ kind: 'tampered' })
  }
})

it('opens nothing that the contract calls not active', async () => {
  said.active = false
  await expect(open()).rejects.toMatchObject({ message: 'This licence is not active.' })
})

it('says that a committed key opens nothing, where the file is the committed one', async () => {
  await publish(new Uint8Array(32).fill(8), root)
  await expect(open()).rejects.toMatchObject({
    kind: 'wrong-key',
    message: expect.stringContaining('the key does not open the file') as string,
    hint: expect.stringContaining('Where its page offers a dispute, open it') as string,
  })
})

it('refuses a card of another file before that is fetched', async () => {
  await publish(right, 'ab'.repeat(32))
  await expect(open()).rejects.toMatchObject({
    message: 'The file that the dataset’s card describes is not what was committed on chain.',
  })
})

const AWAY = 'https://away.example'
const PARTNER = 'https://data.partner.example'
/** What a server gives of the owner's list, and what is no address in it. */
const LISTED = {
  servedAt: 'https://data.hospital.example',
  partners: [{ url: PARTNER }, { url: 'http://far.example' }, {}],
}

/** The card says that its owner's server has the file, which gives `container` by ranges. */
async function publishAtOwners(
  container: Bytes,
  servedAt = 'https://data.hospital.example',
  list = () => Response.json(LISTED),
): Promise<{ asked: Request[] }> {
  await publish(right, root)
  signed = []
  const elsewhere = globalThis.fetch
  const asked: Request[] = []
  vi.stubGlobal('fetch', async (url: string, options?: RequestInit) => {
    if (url.endsWith('/partners')) return list()
    if (url.includes('/containers/')) {
      if (url.startsWith(AWAY)) throw new TypeError('Failed to fetch')
      const request = new Request(url, options)
      asked.push(request)
      const [from = 0, to = 0] =
        (request.headers.get('range') ?? '').match(/\d+/g)?.map(Number) ?? []
      const part = container.slice(from, Math.min(to + 1, 40 + from, container.length))
      const range = `bytes ${from}-${from + part.length - 1}/${container.length}`
      return new Response(part, { status: 206, headers: { 'content-range': range } })
    }
    const response = await elsewhere(url)
    if (!url.endsWith(fromDigest(CARD))) return response
    const card = JSON.parse(await response.text()) as { distribution: Record<string, unknown>[] }
    Object.assign(card.distribution[0] ?? {}, { 'biodesci:servedAt': servedAt })
    return new Response(JSON.stringify(card))
  })
  return { asked }
}

const whole = () => copy(Buffer.from(containerBase64, 'base64'))

it('asks the owner’s server for a private file, in pieces, with what the wallet signed once', async () => {
  const { asked } = await publishAtOwners(whole())
  expect((await open()).size).toBe(vector.plaintextSize)
  expect(asked.length).toBe(Math.ceil(whole().length / 40))
  expect(signed.map(({ message }) => message)).toMatchObject([
    {
      licenseId: LICENCE,
      datasetId: 3n,
      content: toHex(CONTENT),
      account: ACCOUNT,
      audience: 'https://data.hospital.example',
    },
  ])
  const token = asked[0]?.headers.get('authorization')?.replace('BioDeSci ', '') ?? ''
  expect(JSON.parse(Buffer.from(token, 'base64url').toString())).toMatchObject({
    format: 'biodesci-content-request/1',
    chainId: CHAIN,
    contract: LICENCES,
    request: { licenseId: 5, datasetId: 3 },
    signature: SIGNATURE,
  })
})

it('asks a partner’s server instead, by a signature for that one, while the owner’s is away', async () => {
  const { asked } = await publishAtOwners(whole(), AWAY)
  await expect(open()).rejects.toMatchObject({
    message: `The data owner’s server at ${AWAY} cannot be reached from this page.`,
    hint: expect.stringContaining('a partner of the owner may serve the file') as string,
  })
  expect((await open(PARTNER)).size).toBe(vector.plaintextSize)
  expect(asked.map(({ url }) => new URL(url).origin)).toEqual(asked.map(() => PARTNER))
  expect(signed.map(({ message }) => message.audience)).toEqual([AWAY, PARTNER])
  await expect(open(`${AWAY}:81`)).rejects.toMatchObject({
    message: `The partner’s server at ${AWAY}:81 cannot be reached from this page.`,
    hint: expect.stringContaining(`license download 5 FILE --from ${AWAY}:81`) as string,
  })
})

it('hears from whom it asks which servers the owner’s list names, and takes no other address', async () => {
  await publishAtOwners(whole())
  const named = vi.fn()
  await open('', named)
  await vi.waitFor(() => expect(named).toHaveBeenCalled(), { timeout: 15_000 })
  expect(named).toHaveBeenCalledWith(['https://data.hospital.example', PARTNER])
})

/** An answer whose body has no end, and how many pieces of it were fetched. */
function endless(options: ResponseInit = {}) {
  let pieces = 0
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      pieces += 1
      controller.enqueue(new Uint8Array(2 ** 14))
    },
  })
  return { answer: new Response(body, options), fetched: () => pieces }
}

it('takes no list that does not end', async () => {
  const list = endless()
  await publishAtOwners(whole(), undefined, () => list.answer)
  const named = vi.fn()
  await open('', named)
  await vi.waitFor(() => expect(named).toHaveBeenCalledWith([]), { timeout: 15_000 })
  expect(list.fetched()).toBeLessThan(10)
})

it.each([
  [206, { 'content-range': 'bytes 0-39/100' }, 'sends more than was asked for'],
  [403, {}, 'refused: status 403'],
])('takes no answer %i that does not end', async (status, headers, message) => {
  await publishAtOwners(whole())
  const { answer, fetched } = endless({ status, headers })
  const elsewhere = globalThis.fetch
  vi.stubGlobal('fetch', (url: string, options?: RequestInit) =>
    url.includes('/containers/') && !url.endsWith('/partners') ? answer : elsewhere(url, options),
  )
  await expect(open()).rejects.toMatchObject({
    message: expect.stringContaining(message) as string,
  })
  expect(fetched()).toBeLessThan(10)
})

it('saves nothing of what a partner’s server changed', async () => {
  const changed = whole()
  changed[50] = (changed[50] ?? 0) ^ 1
  await publishAtOwners(changed, AWAY)
  await expect(open(PARTNER)).rejects.toMatchObject({ name: 'Failure' })
})

it('saves nothing of what the owner’s server changed', async () => {
  const changed = whole()
  changed[50] = (changed[50] ?? 0) ^ 1
  await publishAtOwners(changed)
  await expect(open()).rejects.toMatchObject({ name: 'Failure' })
})

it('asks no address that is not https, or has more than an origin', async () => {
  for (const served of [
    'http://data.example',
    'https://data.example/x',
    'https://a@b.example',
    'x',
  ]) {
    const { asked } = await publishAtOwners(whole(), served)
    await expect(open()).rejects.toMatchObject({ kind: 'tampered' })
    expect(asked).toEqual([])
    expect(signed).toEqual([])
  }
})
