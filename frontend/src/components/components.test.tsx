// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { Failure } from '@/lib/failure'

import { Behind } from './Behind'
import { Copyable } from './Copyable'
import { Histogram } from './Histogram'
import { FailureNotice } from './Notice'
import { Progress } from './Progress'
import { Stepper } from './Stepper'
import { Terms } from './Terms'

afterEach(cleanup)

describe('Behind', () => {
  const proven = {
    domain: 'hospital.example',
    name: 'Example Hospital',
    ror: 'https://ror.org/05gq02987',
    rorListed: null,
    provenAt: '2026-11-30T12:00:00Z',
    until: '2026-12-07T12:00:00Z',
  }

  it('names the domain, how it was proven, and whose word the rest is', () => {
    const { container, rerender } = render(<Behind institution={proven} />)
    expect(container).toHaveTextContent(
      /^hospital\.example \(Example Hospital\), proven by HTTPS on 30 Nov 2026, .*; https:\/\/ror\.org\/05gq02987, claimed by the domain$/,
    )
    rerender(<Behind institution={{ ...proven, rorListed: false }} />)
    expect(container).toHaveTextContent(/which the ROR registry does not have for this domain$/)
    rerender(<Behind institution={{ ...proven, ror: null }} />)
    expect(container).not.toHaveTextContent('ror')
  })

  it('says that nothing is proven', () => {
    const { container } = render(<Behind institution={null} />)
    expect(container).toHaveTextContent(/^unproven$/)
  })
})

describe('FailureNotice', () => {
  it('interrupts for a problem, with what to do', () => {
    render(
      <FailureNotice error={new Failure('tampered', 'The file was changed.', 'Open a dispute.')} />,
    )
    expect(screen.getByRole('alert')).toHaveTextContent(
      'Problem: The file was changed.Open a dispute.',
    )
  })

  it('is calm about what the person chose', async () => {
    render(<FailureNotice error={{ code: 4001 }} />)
    const said = await screen.findByRole('status')
    expect(screen.queryByRole('alert')).toBeNull()
    expect(said).toHaveTextContent('You declined the request in your wallet.')
  })

  it('offers another try where the person’s own choice stood in the way, and nowhere else', () => {
    const retry = vi.fn()
    const declined = new Failure('rejected', 'You declined.', 'Nothing was sent.')
    const { rerender } = render(<FailureNotice error={declined} onRetry={retry} />)
    fireEvent.click(screen.getByRole('button', { name: 'Try again' }))
    expect(retry).toHaveBeenCalledTimes(1)
    // It may have been sent: another try must begin with a look at the page.
    const unclear = new Failure('rpc', 'Sent, but not confirmed yet.', 'Do not send it again.')
    rerender(<FailureNotice error={unclear} onRetry={retry} />)
    expect(screen.queryByRole('button')).toBeNull()
  })
})

describe('Progress', () => {
  it('is labelled and tells the share', () => {
    render(<Progress label="Decrypting" done={500_000} total={2_000_000} />)
    expect(screen.getByRole('progressbar', { name: 'Decrypting' })).toHaveAttribute(
      'aria-valuenow',
      '25',
    )
  })

  it('tells no share that is not known', () => {
    render(<Progress label="Decrypting" done={500} total={0} />)
    expect(screen.getByRole('progressbar')).not.toHaveAttribute('aria-valuenow')
  })
})

describe('Stepper', () => {
  it('says each state in words and marks the current step', () => {
    render(
      <Stepper
        label="Progress"
        steps={[
          { title: 'Purchased', state: 'done' },
          { title: 'Delivered', state: 'now' },
          { title: 'Confirmed', state: 'later' },
        ]}
      />,
    )
    const [bought, delivered, confirmed] = screen.getAllByRole('listitem')
    expect(bought).toHaveTextContent('Purchased (done)')
    expect(delivered).toHaveAttribute('aria-current', 'step')
    expect(confirmed).toHaveTextContent('(still to come)')
  })
})

describe('Terms', () => {
  it('writes DUO bits as sentences with their kind', () => {
    render(<Terms bits={(1n << 2n) | (1n << 12n) | (1n << 16n)} />)
    const said = screen.getAllByRole('listitem').map((item) => item.textContent)
    expect(said).toEqual([
      expect.stringContaining(
        'Allowed: Health, medical and biomedical research is allowed.HMB · DUO:0000006',
      ),
      expect.stringContaining('Ruled out: No commercial use.'),
      expect.stringContaining('Condition: Results must be published.'),
    ])
  })
})

describe('Copyable', () => {
  it('copies the whole value and says so', async () => {
    const writeText = vi.fn(() => Promise.resolve())
    Object.defineProperty(navigator, 'clipboard', { value: { writeText }, configurable: true })
    const value = `0x${'ab'.repeat(32)}`
    render(<Copyable value={value} label="content root" />)
    fireEvent.click(screen.getByRole('button', { name: 'Copy content root' }))
    expect(writeText).toHaveBeenCalledWith(value)
    await waitFor(() => expect(screen.getByRole('status')).toHaveTextContent('Copied'))
  })
})

describe('Histogram', () => {
  it('tells its figures in words, and that some are withheld', () => {
    render(
      <Histogram
        name="age"
        bars={[
          { id: '0', label: '20 to 40', count: 30 },
          { id: '1', label: '40 to 60', count: null },
        ]}
      />,
    )
    expect(screen.getByRole('img')).toHaveAccessibleName(
      'Distribution of age. 20 to 40: 30; 40 to 60: withheld',
    )
  })
})
