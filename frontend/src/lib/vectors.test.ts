/**
 * The vectors shared with Python: the browser reads what the other side writes, and refuses what it
 * refuses.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { domainSeparator, hashTypedData, type TypedDataDefinition } from 'viem'
import { describe, expect, it } from 'vitest'

import { concat, copy, fromHex, toHex, type Bytes } from './bytes'
import { fromDigest, toDigest } from './cid'
import { checkKey, keyCommitment, ofVersion } from './commitment'
import { decrypt } from './container'
import { formatDisease, isPermitted, parseDisease } from './disease'
import { info, open, publicKey, seal, type Purpose } from './envelope'
import { tampered, WRONG_KEY_HINT } from './failure'
import { merkleRoot } from './merkle'
import { CONTENT_REQUEST } from './ownersServer'
import { PERMIT } from './permit'
import { decide } from './purpose'

function vectors<T>(name: string): T {
  return JSON.parse(
    readFileSync(join(import.meta.dirname, '../../../tests/vectors', `${name}.json`), 'utf8'),
  ) as T
}

const hex = (bytes: Uint8Array) => toHex(bytes).slice(2)

interface Flip {
  name: string
  flipAt: number | null
  flip: number
}

function damage(bytes: Bytes, { flipAt, flip }: Flip): Bytes {
  const out = copy(bytes)
  if (flipAt !== null) out[flipAt] = (out[flipAt] ?? 0) ^ flip
  return out
}

describe('content identifiers', () => {
  const { cases } = vectors<{
    cases: { digest: string; v0: string; v1: string; base16: string }[]
  }>('cid')

  it.each(cases)('writes and reads $v1', ({ digest, v0, v1, base16 }) => {
    expect(fromDigest(fromHex(digest))).toBe(v1)
    for (const form of [v0, v1, base16]) expect(hex(toDigest(form))).toBe(digest)
  })

  it.each([
    '',
    'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy',
    'Qm123',
    'zdj7',
    'f0155122000',
    'bafybei!',
  ])('refuses %j', (cid) => {
    expect(() => toDigest(cid)).toThrow(RangeError)
  })
})

describe('Merkle tree', () => {
  const { leaves, cases } = vectors<{ leaves: string[]; cases: { size: number; root: string }[] }>(
    'merkle',
  )

  it.each(cases)('has the root of RFC 6962 over $size leaves', async ({ size, root }) => {
    expect(hex(await merkleRoot(leaves.slice(0, size).map(fromHex)))).toBe(root)
  })
})

describe('commitments of a version', () => {
  const { version } = vectors<{
    version: Record<'contentRoot' | 'keyCommitment' | 'commitments', `0x${string}`>
  }>('commitment')

  it('have the hash that Python computes and the contract keeps', () => {
    expect(ofVersion(version.contentRoot, version.keyCommitment)).toBe(version.commitments)
  })
})

describe('key commitment', () => {
  const { key } = vectors<{
    key: {
      chainId: number
      contract: `0x${string}`
      publisher: `0x${string}`
      datasetKey: string
      salt: string
      commitment: string
    }
  }>('commitment')
  const by = { chainId: key.chainId, contract: key.contract, account: key.publisher }
  const datasetKey = fromHex(key.datasetKey)
  const salt = fromHex(key.salt)
  const committed = fromHex(key.commitment)

  it('is the one that Python computes', () => {
    expect(hex(keyCommitment(by, datasetKey, salt))).toBe(key.commitment)
  })

  it('refuses another key', () => {
    expect(() => checkKey(by, salt, datasetKey, committed)).toThrow(
      /not the one the data owner committed to/,
    )
  })

  it('advises no dispute where none may be open', () => {
    expect(() => checkKey(by, salt, datasetKey, committed)).toThrow(
      expect.objectContaining({ hint: WRONG_KEY_HINT }),
    )
    for (const hint of [WRONG_KEY_HINT, tampered('The file').hint]) {
      expect(hint).toMatch(/do not confirm the licence/i)
      expect(hint).toContain(
        'Where its page offers a dispute, open it; otherwise ask the data owner',
      )
      expect(hint).not.toContain('escrow')
    }
  })

  it('refuses the same key in a token that somebody else published', () => {
    for (const other of [
      { ...by, account: by.contract },
      { ...by, contract: by.account },
      { ...by, chainId: 1 },
    ])
      expect(() => checkKey(other, datasetKey, salt, committed)).toThrow(/not the one/)
  })
})

interface EnvelopeCase {
  purpose: Purpose
  chainId: number
  contract: `0x${string}`
  id: string
  subject: `0x${string}`
  info: string
  seed: string
  publicKey: string
  plaintext: string
  envelope: string
}

describe('envelope', () => {
  const { accepted, refused, refusedOf } = vectors<{
    accepted: EnvelopeCase[]
    refused: Flip[]
    refusedOf: number
  }>('envelope')
  const bound = (c: EnvelopeCase) => info({ ...c, id: BigInt(c.id) })

  it.each(accepted)('opens what Python sealed for $purpose $id', async (c) => {
    expect(hex(bound(c))).toBe(c.info)
    expect(hex(await publicKey(fromHex(c.seed)))).toBe(c.publicKey)
    expect(hex(await open(fromHex(c.seed), fromHex(c.envelope), bound(c)))).toBe(c.plaintext)
  })

  it('opens what it sealed itself, for its own purpose only', async () => {
    const [c, other] = accepted
    if (!c || !other) throw new Error('vectors are missing')
    const sealed = await seal(fromHex(c.publicKey), fromHex('00ff'), bound(c))
    expect(hex(await open(fromHex(c.seed), sealed, bound(c)))).toBe('00ff')
    await expect(
      open(fromHex(c.seed), sealed, info({ ...c, id: BigInt(c.id) + 1n })),
    ).rejects.toMatchObject({ kind: 'wrong-key', hint: expect.stringContaining(WRONG_KEY_HINT) })
  })

  it.each(refused)('refuses a damaged $name', async (flip) => {
    const c = accepted[refusedOf]
    if (!c) throw new Error('vectors are missing')
    await expect(
      open(fromHex(c.seed), damage(fromHex(c.envelope), flip), bound(c)),
    ).rejects.toThrow()
  })
})

interface ContainerCase {
  datasetKey: string
  plaintextSize: number
  plaintextSha256: string
  contentRoot: string
  containerBase64: string
}

interface Refusal extends Flip {
  keep: number
  appendHex: string
}

/** A network hands over chunks of any size. */
function stream(bytes: Bytes, chunk: number): ReadableStream<Uint8Array> {
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close()
      controller.enqueue(bytes.slice(at, at + chunk))
      at += chunk
    },
  })
}

describe('container', () => {
  const { accepted, refused, refusedOf } = vectors<{
    accepted: ContainerCase[]
    refused: Refusal[]
    refusedOf: number
  }>('container')
  const raw = (c: ContainerCase) => copy(Buffer.from(c.containerBase64, 'base64'))

  async function read(
    bytes: Bytes,
    c: ContainerCase,
    root = c.contentRoot,
    chunk = 10_007,
  ): Promise<Bytes> {
    const parts: Bytes[] = []
    for await (const part of decrypt(stream(bytes, chunk), fromHex(c.datasetKey), fromHex(root)))
      parts.push(part)
    return concat(...parts)
  }

  it.each(accepted)('decrypts $plaintextSize bytes', async (c) => {
    for (const chunk of [1_000_000, 4_099]) {
      const plain = await read(raw(c), c, c.contentRoot, chunk)
      expect(plain.length).toBe(c.plaintextSize)
      expect(hex(new Uint8Array(await crypto.subtle.digest('SHA-256', plain)))).toBe(
        c.plaintextSha256,
      )
    }
  })

  it.each(refused)('refuses: $name', async (refusal) => {
    const c = accepted[refusedOf]
    if (!c) throw new Error('vectors are missing')
    const bytes = concat(damage(raw(c), refusal).slice(0, refusal.keep), fromHex(refusal.appendHex))
    await expect(read(bytes, c)).rejects.toMatchObject({ kind: 'tampered' })
  })

  it('refuses an intact container that is not the one on chain', async () => {
    const c = accepted[1]
    if (!c) throw new Error('vectors are missing')
    await expect(read(raw(c), c, 'ab'.repeat(32))).rejects.toMatchObject({ kind: 'tampered' })
  })
})

describe('DUO terms', () => {
  const { decisions, cases } = vectors<{
    decisions: string[]
    cases: [string, string, number, number][]
  }>('duo')

  it(`decides ${cases.length} cases as the contract does`, () => {
    const wrong = cases.filter(
      ([terms, purpose, shown, decision]) =>
        decide(BigInt(terms), BigInt(purpose), shown === 1).decision !== decisions[decision],
    )
    expect(wrong).toEqual([])
    expect(cases.length).toBeGreaterThanOrEqual(5000)
  })
})

describe('diseases', () => {
  const { cases } = vectors<{
    cases: { root: `0x${string}`; members: { disease: number; proof: `0x${string}`[] }[] }[]
  }>('disease')

  it('follows the path of each member to the root, and of nothing else', () => {
    const all = cases.flatMap(({ root, members }) => members.map((member) => ({ root, ...member })))
    expect(all.length).toBeGreaterThan(50)
    for (const { root, disease, proof } of all) {
      expect(isPermitted(root, disease, proof)).toBe(true)
      expect(isPermitted(root, disease + 1, proof)).toBe(false)
      expect(isPermitted(root, 0, proof)).toBe(false)
      expect(isPermitted(`0x${'00'.repeat(32)}`, disease, proof)).toBe(false)
    }
  })

  it('reads ids', () => {
    expect(parseDisease(' mondo:0005068 ')).toBe(5068)
    for (const text of ['', 'MONDO:5068', 'MONDO:0000000', 'DOID:0005068', 'MONDO:00050680'])
      expect(parseDisease(text)).toBeNull()
    expect(formatDisease(5068)).toBe('MONDO:0005068')
  })
})

type TypedCase = TypedDataDefinition & { label: string; domainSeparator: string; hash: string }

describe('signed messages (EIP-712)', () => {
  const { cases } = vectors<{ cases: TypedCase[] }>('typed_data')

  it.each(cases)(
    'hashes $label as Python and the contracts do',
    ({ domainSeparator: separator, hash, ...typed }) => {
      expect(domainSeparator({ domain: typed.domain ?? {} })).toBe(separator)
      expect(hashTypedData(typed)).toBe(hash)
    },
  )

  it.each([PERMIT, CONTENT_REQUEST])('has what the page asks wallets to sign: %o', (signed) => {
    const [name] = Object.keys(signed)
    const same = cases.filter(({ primaryType }) => primaryType === name)
    expect(same.map(({ types }) => types)).toEqual(same.map(() => signed))
    expect(same.length).toBeGreaterThan(0)
  })
})
