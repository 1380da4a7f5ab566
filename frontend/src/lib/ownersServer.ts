/**
 * A server of private containers (docs/private.md), the data owner's or a partner's: it gives an
 * encrypted file to those whom the chain entitles, for a request that their wallet signed. It is not
 * trusted: what comes is checked against the content root on chain.
 */
import type { Address, Hex } from 'viem'

import { readAtMost, toHex, utf8 } from './bytes'
import { fromDigest } from './cid'
import { Failure } from './failure'
import { isOrigin } from './origin'

/** Bytes that are asked for at a time. */
const PIECE = 16 * 2 ** 20
/** Seconds that a signature is good for. The server takes 15 minutes at most. */
const LIFE = 840
const RANGE = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16})$/

export const CONTENT_REQUEST = {
  ContentRequest: [
    { name: 'datasetId', type: 'uint256' },
    { name: 'licenseId', type: 'uint256' },
    { name: 'content', type: 'bytes32' },
    { name: 'account', type: 'address' },
    { name: 'audience', type: 'string' },
    { name: 'expires', type: 'uint40' },
  ],
} as const

/** What the wallet shows and signs (EIP-712). */
export interface ContentRequest {
  domain: { name: string; version: string; chainId: number; verifyingContract: Address }
  types: typeof CONTENT_REQUEST
  primaryType: 'ContentRequest'
  message: {
    datasetId: bigint
    licenseId: bigint
    content: Hex
    account: Address
    audience: string
    expires: number
  }
}

export interface Asking {
  /** The origin of the server that is asked. */
  servedAt: string
  /** Whether it is a partner's: the card names another one, the data owner's. */
  isPartners: boolean
  /** Of the container's CID. */
  digest: Uint8Array
  chainId: number
  licenses: Address
  datasetId: bigint
  licenseId: bigint
  account: Address
  sign: (request: ContentRequest) => Promise<Hex>
  signal: AbortSignal
}

export interface Opened {
  body: ReadableStream<Uint8Array>
  total: number
  /** The servers that the owner's list names, as this one gives it; none where it gives no list. */
  partners: Promise<string[]>
}

/** The encrypted file, piece by piece, and its size in bytes. Raises a Failure in the server's words. */
export async function open(asking: Asking): Promise<Opened> {
  const authorization = await authorize(asking)
  const first = await piece(asking, authorization, 0)
  const partners = listed(asking, authorization).catch(() => [])
  let next: Piece | undefined = first
  let at = 0
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { bytes, total } = next ?? (await piece(asking, authorization, at))
        next = undefined
        if (total !== first.total) throw broken(asking, 'gives files of different sizes')
        controller.enqueue(bytes)
        at += bytes.length
        if (at >= total) controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  return { body, total: first.total, partners }
}

/** Bytes of a list of partners, or of what a server says when it refuses. */
const LONGEST_DOCUMENT = 64 * 2 ** 10

/**
 * Who else may be asked. The owner's signature is not checked: a server that is named falsely gets
 * a request that is of no use elsewhere, and nothing but the file on chain is taken from it.
 */
async function listed(asking: Asking, authorization: string): Promise<string[]> {
  const response = await ask(asking, authorization, '/partners', {})
  const list: unknown = response.ok ? await document(response) : {}
  const { servedAt, partners } = (list ?? {}) as { servedAt?: unknown; partners?: unknown }
  const named = Array.isArray(partners) ? (partners as { url?: unknown }[]) : []
  return [servedAt, ...named.map((one) => one.url)].filter(isOrigin)
}

/** The JSON of an answer; null where it is empty, or longer than any document that is asked for. */
async function document(response: Response): Promise<unknown> {
  const raw = await readAtMost(LONGEST_DOCUMENT, response.body)
  return raw?.length ? JSON.parse(new TextDecoder().decode(raw)) : null
}

function ask(
  { servedAt, digest, signal }: Asking,
  authorization: string,
  what: string,
  headers: Record<string, string>,
): Promise<Response> {
  return fetch(`${servedAt}/containers/${fromDigest(digest)}${what}`, {
    headers: { Authorization: authorization, ...headers },
    signal,
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    redirect: 'error',
  })
}

async function authorize(asking: Asking): Promise<string> {
  const message = {
    datasetId: asking.datasetId,
    licenseId: asking.licenseId,
    content: toHex(asking.digest),
    account: asking.account,
    audience: asking.servedAt,
    expires: Math.floor(Date.now() / 1000) + LIFE,
  }
  const signature = await asking.sign({
    domain: {
      name: 'BioDeSci Containers',
      version: '1',
      chainId: asking.chainId,
      verifyingContract: asking.licenses,
    },
    types: CONTENT_REQUEST,
    primaryType: 'ContentRequest',
    message,
  })
  const shown = JSON.stringify({
    format: 'biodesci-content-request/1',
    chainId: asking.chainId,
    contract: asking.licenses,
    request: {
      ...message,
      datasetId: Number(message.datasetId),
      licenseId: Number(message.licenseId),
    },
    signature,
  })
  const base64 = btoa(String.fromCharCode(...utf8(shown)))
  return `BioDeSci ${base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')}`
}

interface Piece {
  bytes: Uint8Array
  total: number
}

async function piece(asking: Asking, authorization: string, start: number): Promise<Piece> {
  const { signal } = asking
  const range = { Range: `bytes=${start}-${start + PIECE - 1}` }
  let response: Response
  try {
    response = await ask(asking, authorization, '', range)
  } catch (cause) {
    if (signal.aborted) throw cause
    throw away(asking, cause)
  }
  if (!response.ok) throw await refused(asking, response)
  const [, from, to, total] = RANGE.exec(response.headers.get('content-range') ?? '') ?? []
  const length = Number(to) - Number(from) + 1
  if (response.status !== 206 || Number(from) !== start || !(length > 0 && length <= PIECE))
    throw broken(asking, 'answers with something else than what was asked for')
  const bytes = await readAtMost(length, response.body)
  if (bytes === null) throw broken(asking, 'sends more than was asked for')
  if (bytes.length !== length) throw broken(asking, 'broke off')
  return { bytes, total: Number(total) }
}

const text = (value: unknown) => (typeof value === 'string' ? value.slice(0, 300) : '')
const serverOf = ({ isPartners }: Asking) => `The ${isPartners ? 'partner' : 'data owner'}’s server`

function away(asking: Asking, cause: unknown): Failure {
  const { servedAt, isPartners, licenseId } = asking
  const command = `biodesci license download ${licenseId} FILE`
  return new Failure(
    'missing',
    `${serverOf(asking)} at ${servedAt} cannot be reached from this page.`,
    isPartners
      ? `Compare the address with what the data owner told you. This page may ask those servers alone that whoever runs it names; the command line asks any: ${command} --from ${servedAt}`
      : `It may be away: a partner of the owner may serve the file then. Or this page may not ask it, since whoever runs the page names the servers that it may; from the command line: ${command}`,
    { cause },
  )
}

/** A problem document (RFC 9457), of which what is said is shown in its first characters. */
async function refused(asking: Asking, response: Response): Promise<Failure> {
  const said: unknown = await document(response).catch(() => null)
  const fields = typeof said === 'object' && said !== null ? (said as Record<string, unknown>) : {}
  return new Failure(
    'missing',
    `${serverOf(asking)} refused: ${text(fields.detail) || text(fields.title) || `status ${response.status}`}`,
    text(fields.hint) || 'The licence’s page shows its state; ask the data owner if it is active.',
  )
}

function broken(asking: Asking, what: string): Failure {
  return new Failure(
    'missing',
    `${serverOf(asking)} ${what}.`,
    'Nothing half done was kept. Try again; if it stays so, tell the data owner.',
  )
}
