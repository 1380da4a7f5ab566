// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { DiseaseInput, NO_DISEASE } from './DiseaseInput'

afterEach(cleanup)

const permitted = { root: `0x${'11'.repeat(32)}`, named: [{ id: 'MONDO:0005010', name: 'coronary artery disorder' }, { id: 'MONDO:0005068', name: null }], ontology: null }
const hash = `0x${'ab'.repeat(32)}`
const file = (text: string) => new File([text], 'proof.json', { type: 'application/json' })

describe('DiseaseInput', () => {
  it('tells which diseases the owner permits, and takes a MONDO id', () => {
    const onChange = vi.fn()
    render(<DiseaseInput permitted={permitted} shown={false} onChange={onChange} />)
    expect(screen.getByText(/coronary artery disorder \(MONDO:0005010\), MONDO:0005068/)).toBeInTheDocument()
    const field = screen.getByLabelText('Disease (MONDO id)')
    fireEvent.change(field, { target: { value: 'heart attack' } })
    expect(onChange).toHaveBeenLastCalledWith({ number: null, proof: [], unclear: true })
    expect(field).toHaveAccessibleDescription('A MONDO id has seven digits, as MONDO:0005068.')
    fireEvent.change(field, { target: { value: 'mondo:0005068' } })
    expect(onChange).toHaveBeenLastCalledWith({ number: 5068, proof: [], unclear: false })
    expect(field).toHaveAccessibleDescription('Without a proof a person decides whether the terms permit it.')
    fireEvent.change(field, { target: { value: '' } })
    expect(onChange).toHaveBeenLastCalledWith(NO_DISEASE)
  })

  it('takes the disease from its proof, and drops the proof with another disease', async () => {
    const onChange = vi.fn()
    render(<DiseaseInput permitted={permitted} shown={false} onChange={onChange} />)
    fireEvent.change(screen.getByLabelText(/Proof that it is permitted/), { target: { files: [file(JSON.stringify({ disease: 'MONDO:0005068', proof: [hash] }))] } })
    await waitFor(() => expect(onChange).toHaveBeenLastCalledWith({ number: 5068, proof: [hash], unclear: false }))
    const field = screen.getByLabelText('Disease (MONDO id)')
    expect(field).toHaveValue('MONDO:0005068')
    expect(field).toHaveAccessibleDescription(/does not lead to the diseases of this dataset version/)
    fireEvent.change(field, { target: { value: 'MONDO:0005010' } })
    expect(onChange).toHaveBeenLastCalledWith({ number: 5010, proof: [], unclear: false })
  })

  it('refuses a file that is no proof', async () => {
    render(<DiseaseInput permitted={permitted} shown={false} onChange={vi.fn()} />)
    fireEvent.change(screen.getByLabelText(/Proof that it is permitted/), { target: { files: [file('{}')] } })
    expect(await screen.findByRole('alert')).toHaveTextContent('This is not a proof for a disease.')
  })

  it('asks for no proof where the owner named no diseases', () => {
    render(<DiseaseInput permitted={null} shown={false} onChange={vi.fn()} />)
    expect(screen.queryByLabelText(/Proof that it is permitted/)).toBeNull()
  })
})
