// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { useState } from 'react'
import { afterEach, describe, expect, it } from 'vitest'

import type { Deployment } from '@/lib/config'
import { knownPartners, rememberPartners } from '@/lib/partners'

import { BY_THE_OWNER, partnerOf, ServedBy } from './ServedBy'

const OWNER = 'https://data.hospital.example'
const PARTNER = 'https://data.partner.example'
const DEPLOYMENT = { chainId: 31_337, contracts: { DatasetNFT: '0x1' } } as unknown as Deployment

afterEach(() => {
  cleanup()
  localStorage.clear()
})

function Choice({ known }: { known: string[] }) {
  const [serving, setServing] = useState(BY_THE_OWNER)
  return (
    <>
      <ServedBy servedAt={OWNER} known={known} serving={serving} onChange={setServing} isDue />
      <output>{String(partnerOf(serving))}</output>
    </>
  )
}

const chosen = () => screen.getByRole('status').textContent

describe('who serves a private file', () => {
  it('is the owner, unless a partner’s address is given', () => {
    render(<Choice known={[]} />)
    expect(screen.getByLabelText(/^The data owner/)).toBeChecked()
    expect(screen.queryByRole('combobox')).toBeNull()
    expect(chosen()).toBe('')
    fireEvent.click(screen.getByLabelText(/^A partner of the owner/))
    expect(chosen()).toBe('null')
    const field = screen.getByLabelText('Address of the partner’s server')
    expect(field).toBeInvalid()
    expect(screen.getByText(/This is no address of a server/)).toBeVisible()
    fireEvent.change(field, { target: { value: `${PARTNER}/` } })
    expect(field).toBeValid()
    expect(chosen()).toBe(PARTNER)
  })

  it('is offered as a server named it before', () => {
    render(<Choice known={[OWNER, PARTNER]} />)
    fireEvent.click(screen.getByLabelText(/^A partner of the owner/))
    expect(chosen()).toBe(PARTNER)
  })
})

describe('the servers that were named', () => {
  it('are kept by dataset, and only what is an address', () => {
    rememberPartners(DEPLOYMENT, 7n, [OWNER, PARTNER])
    expect(knownPartners(DEPLOYMENT, 7n)).toEqual([OWNER, PARTNER])
    expect(knownPartners(DEPLOYMENT, 8n)).toEqual([])
    rememberPartners(DEPLOYMENT, 7n, [])
    expect(knownPartners(DEPLOYMENT, 7n)).toEqual([OWNER, PARTNER])
    localStorage.setItem('biodesci.partners.31337.0x1.7', '["javascript:alert(1)", 3]')
    expect(knownPartners(DEPLOYMENT, 7n)).toEqual([])
    localStorage.setItem('biodesci.partners.31337.0x1.7', 'no JSON')
    expect(knownPartners(DEPLOYMENT, 7n)).toEqual([])
  })
})
