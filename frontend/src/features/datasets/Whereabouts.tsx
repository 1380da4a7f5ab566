import type { Container } from '@/generated/api'

/** Who serves a dataset's encrypted file, and to whom. */
export function Whereabouts({
  file: { servedAt, url },
}: {
  file: Pick<Container, 'servedAt' | 'url'>
}) {
  if (servedAt !== null)
    return (
      <>
        <span className="wrap-anywhere">{servedAt}</span>
        <span className="block text-sm text-muted">
          The owner’s own server: it gives the file to those whom the chain entitles, such as
          holders of a licence to download. It is on no IPFS node.
        </span>
      </>
    )
  if (url !== null)
    return (
      <>
        IPFS
        <span className="block text-sm text-muted">
          Everybody may fetch the encrypted copy; it cannot be called back.
        </span>
      </>
    )
  return 'Nobody: the card names no address that can be asked. Ask the owner for a new version.'
}
