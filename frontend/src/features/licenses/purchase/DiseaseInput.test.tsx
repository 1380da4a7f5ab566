// @vitest-environment jsdom
import { cleanup, fireEvent, render, renderHook, screen, waitFor } from '@testing-library/react'
import { useState } from 'react'
import type { Hex } from 'viem'
import { afterEach, describe, expect, it } from 'vitest'

import { MAX_LISTED, sayDiseases } from '@/lib/card'
import { formatDisease, growTree, treeOf } from '@/lib/disease'

import vectors from '../../../../../tests/vectors/disease.json'
import { DiseaseInput, judge, NO_ENTRY, type Entry } from './DiseaseInput'
import { NOTHING_PERMITTED, useList, type Permitted } from './diseases'

afterEach(cleanup)

const VECTORS = vectors as unknown as {
  cases: { named: string[]; root: Hex; members: { disease: number; proof: Hex[] }[] }[]
}
const [CASE] = VECTORS.cases
if (!CASE) throw new Error('there are no vectors')
const [MEMBER] = CASE.members
if (!MEMBER) throw new Error('the case has no members')
const NUMBERS = CASE.members.map(({ disease }) => disease)
const tree = treeOf(NUMBERS)
const LISTED: Permitted = {
  root: CASE.root,
  list: 'matches',
  tree: tree && { ...tree, size: NUMBERS.length },
}
const UNLISTED: Permitted = { root: CASE.root, list: 'differs', tree: null }
const TOLD = {
  root: CASE.root,
  named: [
    { id: 'MONDO:0005010', name: 'coronary artery disorder' },
    { id: 'MONDO:0005068', name: null },
  ],
  ontology: null,
}
const STRANGER = 5148
const cardOf = (numbers: readonly number[]) => ({
  'biodesci:diseases': { permitted: numbers.map(formatDisease) },
})
const file = (text: string) => new File([text], 'proof.json', { type: 'application/json' })
const proofFile = (disease: number, proof: readonly string[]) =>
  file(JSON.stringify({ disease: formatDisease(disease), proof }))

const entries: Entry[] = []
const judged = (permitted: Permitted) => judge(entries.at(-1) ?? NO_ENTRY, permitted)

function Form({ permitted }: { permitted: Permitted }) {
  const [entry, setEntry] = useState(NO_ENTRY)
  const change = (next: Entry) => {
    entries.push(next)
    setEntry(next)
  }
  return <DiseaseInput entry={entry} onChange={change} permitted={permitted} told={TOLD} />
}
const field = () => screen.getByLabelText('Disease (MONDO id)')
const type = (text: string) => fireEvent.change(field(), { target: { value: text } })

describe('DiseaseInput', () => {
  it('proves a disease of the card’s list by itself', () => {
    render(<Form permitted={LISTED} />)
    expect(
      screen.getByText(
        new RegExp(
          `coronary artery disorder \\(MONDO:0005010\\), MONDO:0005068 .* ${NUMBERS.length} diseases`,
        ),
      ),
    ).toBeInTheDocument()
    type(formatDisease(MEMBER.disease).toLowerCase())
    expect(screen.getByRole('status')).toHaveTextContent(
      `${formatDisease(MEMBER.disease)} is permitted.`,
    )
    expect(judged(LISTED)).toEqual({ number: MEMBER.disease, proof: MEMBER.proof, unclear: false })
    expect(screen.queryByLabelText(/Proof that it is permitted/)).toBeNull()
  })

  it('says that a disease is not on the list, and leaves it to a person', () => {
    render(<Form permitted={LISTED} />)
    type(formatDisease(STRANGER))
    expect(screen.getByRole('status')).toHaveTextContent(
      `MONDO:0005148 is not among the ${NUMBERS.length} diseases that the owner permits.`,
    )
    expect(judged(LISTED)).toEqual({ number: STRANGER, proof: null, unclear: false })
  })

  it('asks for a MONDO id where something else was typed', () => {
    render(<Form permitted={LISTED} />)
    type('heart attack')
    expect(field()).toHaveAccessibleDescription('A MONDO id has seven digits, as MONDO:0005068.')
    expect(judged(LISTED)).toEqual({ number: null, proof: null, unclear: true })
    type('')
    expect(judged(LISTED)).toEqual({ number: null, proof: null, unclear: false })
  })

  it('takes a proof from a file where the card has no list, and drops it with another disease', async () => {
    render(<Form permitted={UNLISTED} />)
    fireEvent.change(screen.getByLabelText(/Proof that it is permitted/), {
      target: { files: [proofFile(MEMBER.disease, MEMBER.proof)] },
    })
    await waitFor(() => expect(field()).toHaveValue(formatDisease(MEMBER.disease)))
    expect(screen.getByRole('status')).toHaveTextContent('is permitted.')
    expect(judged(UNLISTED).proof).toEqual(MEMBER.proof)
    type(formatDisease(STRANGER))
    expect(judged(UNLISTED)).toEqual({ number: STRANGER, proof: null, unclear: false })
    expect(screen.getByText(/Without a proof a person decides/)).toBeInTheDocument()
  })

  it('does not send a proof that leads elsewhere', async () => {
    render(<Form permitted={UNLISTED} />)
    fireEvent.change(screen.getByLabelText(/Proof that it is permitted/), {
      target: { files: [proofFile(STRANGER, MEMBER.proof)] },
    })
    await waitFor(() =>
      expect(screen.getByRole('status')).toHaveTextContent(
        'Your proof does not lead from MONDO:0005148 to the diseases on chain.',
      ),
    )
    expect(judged(UNLISTED).proof).toBeNull()
  })

  it('refuses a file that is no proof', async () => {
    render(<Form permitted={UNLISTED} />)
    fireEvent.change(screen.getByLabelText(/Proof that it is permitted/), {
      target: { files: [file('{}')] },
    })
    expect(await screen.findByRole('alert')).toHaveTextContent('This is not a proof for a disease.')
  })

  it('asks for no proof where the owner put no list on chain', () => {
    render(<Form permitted={NOTHING_PERMITTED} />)
    expect(screen.queryByLabelText(/Proof that it is permitted/)).toBeNull()
    type(formatDisease(MEMBER.disease))
    expect(screen.getByText(/a person decides whether the terms permit it/)).toBeInTheDocument()
  })

  it('says that the card’s list is being checked, and judges nothing before', () => {
    const { rerender } = render(<Form permitted={{ ...UNLISTED, list: 'checking' }} />)
    type(formatDisease(MEMBER.disease))
    expect(screen.getByRole('status')).toHaveTextContent(
      'Checking the card’s list of diseases against the chain…',
    )
    expect(screen.queryByText(/a person decides/)).toBeNull()
    expect(screen.queryByLabelText(/Proof that it is permitted/)).toBeNull()
    rerender(<Form permitted={LISTED} />)
    expect(screen.getByRole('status')).toHaveTextContent('is permitted.')
  })

  it('refuses a list that is too long, and takes a proof file all the same', async () => {
    const long: Permitted = { ...UNLISTED, list: 'tooLong' }
    render(<Form permitted={long} />)
    expect(screen.getByRole('status')).toHaveTextContent(
      'The card lists more than 65,536 diseases, and is not checked here.',
    )
    fireEvent.change(screen.getByLabelText(/Proof that it is permitted/), {
      target: { files: [proofFile(MEMBER.disease, MEMBER.proof)] },
    })
    await waitFor(() => expect(field()).toHaveValue(formatDisease(MEMBER.disease)))
    expect(judged(long).proof).toEqual(MEMBER.proof)
  })
})

describe('sayDiseases', () => {
  it('names them by name and id, and so many at the most', () => {
    expect(sayDiseases(TOLD.named)).toBe('coronary artery disorder (MONDO:0005010), MONDO:0005068')
    const many = Array.from({ length: 260_000 }, (_, i) => ({
      id: formatDisease(i + 1),
      name: null,
    }))
    expect(sayDiseases(many)).toMatch(/^MONDO:0000001, .*, MONDO:0000020 and 259,980 more$/)
  })
})

describe('useList', () => {
  const CARD = cardOf(NUMBERS)

  it('is checking first, then has the tree, and checks again for another root', async () => {
    const { result, rerender } = renderHook(
      ({ root }: { root: Hex | null }) => useList(CARD, root),
      { initialProps: { root: CASE.root as Hex | null } },
    )
    expect(result.current).toEqual({ list: 'checking', tree: null })
    await waitFor(() => expect(result.current.list).toBe('matches'))
    expect(result.current.tree?.size).toBe(NUMBERS.length)
    expect(result.current.tree?.prove(MEMBER.disease)).toEqual(MEMBER.proof)
    rerender({ root: `0x${'1'.repeat(64)}` })
    expect(result.current).toEqual({ list: 'checking', tree: null })
    await waitFor(() => expect(result.current).toEqual({ list: 'differs', tree: null }))
  })

  it('does not read a list of 260,000', async () => {
    const long = cardOf(Array.from({ length: 260_000 }, (_, i) => i + 1))
    const { result } = renderHook(() => useList(long, CASE.root))
    await waitFor(() => expect(result.current).toEqual({ list: 'tooLong', tree: null }))
  })
})

describe('growTree', () => {
  const NUMBER = 4_000

  it('builds the tree that treeOf builds, and lets others go first', async () => {
    const numbers = Array.from({ length: NUMBER }, (_, i) => i + 1)
    let turns = 0
    const others = setInterval(() => (turns += 1), 1)
    const grown = await growTree(numbers)
    clearInterval(others)
    expect(turns).toBeGreaterThan(2)
    const built = treeOf(numbers)
    expect(grown?.root).toBe(built?.root)
    expect(grown?.prove(NUMBER)).toEqual(built?.prove(NUMBER))
  })

  it('stops when it is told to', async () => {
    const stop = new AbortController()
    const growing = growTree(
      Array.from({ length: MAX_LISTED }, (_, i) => i + 1),
      stop.signal,
    )
    stop.abort()
    await expect(growing).rejects.toThrow('aborted')
  })
})

describe('treeOf', () => {
  it.each(VECTORS.cases)(
    'builds the tree that Python and the contract know, over $named',
    ({ root, members }) => {
      const built = treeOf(members.map(({ disease }) => disease).toReversed())
      expect(built?.root).toBe(root)
      for (const { disease, proof } of members) expect(built?.prove(disease)).toEqual(proof)
      expect(built?.prove(STRANGER)).toBeNull()
    },
  )

  it('has no tree over nothing', () => expect(treeOf([])).toBeNull())
})
