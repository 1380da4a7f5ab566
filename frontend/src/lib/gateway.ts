import { readAtMost, type Bytes } from './bytes'
/**
 * Reads from an IPFS gateway. The gateway is not trusted: whoever calls checks what came against a
 * commitment on chain.
 */
import { fromDigest } from './cid'
import { Failure, tampered } from './failure'

export async function open(
  gatewayUrl: string,
  digest: Uint8Array,
  signal?: AbortSignal,
): Promise<Response> {
  let response: Response
  try {
    response = await fetch(`${gatewayUrl}/ipfs/${fromDigest(digest)}`, {
      signal: signal ?? null,
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
    })
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw unavailable('The IPFS gateway does not answer.', cause)
  }
  if (!response.ok)
    throw unavailable(`The IPFS gateway could not deliver a file (status ${response.status}).`)
  return response
}

/** A small blob; refused beyond `limit` bytes, whatever the gateway announces. */
export async function read(
  gatewayUrl: string,
  digest: Uint8Array,
  limit: number,
  signal?: AbortSignal,
): Promise<Bytes> {
  const response = await open(gatewayUrl, digest, signal)
  let blob: Bytes | null
  try {
    blob = await readAtMost(limit, response.body)
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw unavailable('The IPFS gateway broke off in the middle of a file.', cause)
  }
  if (blob === null) throw tampered('A file from IPFS')
  return blob
}

function unavailable(message: string, cause?: unknown): Failure {
  return new Failure(
    'ipfs',
    message,
    'Nothing is lost: your licence is on chain. Check that the IPFS node is running, then try again.',
    { cause },
  )
}
