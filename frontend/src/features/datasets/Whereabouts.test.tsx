// @vitest-environment jsdom
import { cleanup, render } from '@testing-library/react'
import { afterEach, describe, expect, it } from 'vitest'

import { Whereabouts } from './Whereabouts'

afterEach(cleanup)

describe('who serves the encrypted file', () => {
  const cases = [
    {
      name: 'the owner, where it is private',
      file: { servedAt: 'https://data.hospital.example', url: null },
      said: /^https:\/\/data\.hospital\.example.*to those whom the chain entitles.*no IPFS node\.$/,
    },
    {
      name: 'IPFS, for everybody',
      file: { servedAt: null, url: 'https://gateway.example/ipfs/bafy' },
      said: /^IPFS.*Everybody.*cannot be called back\.$/,
    },
    {
      name: 'nobody, where the card names no address',
      file: { servedAt: null, url: null },
      said: /^Nobody: .*Ask the owner/,
    },
  ]
  it.each(cases)('$name', ({ file, said }) => {
    const { container } = render(<Whereabouts file={file} />)
    expect(container).toHaveTextContent(said)
  })
})
