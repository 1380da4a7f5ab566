/**
 * GA4GH Data Use Ontology terms as bits: the table and the decision of
 * contracts/libraries/DuoPolicy.sol, so that a buyer sees before paying what the contract would
 * decide.
 */
const NRES = 1n << 0n
const GRU = 1n << 1n
export const HMB = 1n << 2n
export const DS = 1n << 3n
const POA = 1n << 4n
const CC = 1n << 5n
const NMDS = 1n << 8n
const NPOA = 1n << 9n
const NPUNCU = 1n << 10n
const NPU = 1n << 11n
const NCU = 1n << 12n
const GSO = 1n << 13n
const PUB = 1n << 16n
const COL = 1n << 17n
const MOR = 1n << 18n
const TS = 1n << 19n
const RTN = 1n << 20n
const IRB = 1n << 21n
const RS = 1n << 24n
const GS = 1n << 25n
const US = 1n << 26n
const PS = 1n << 27n
const IS = 1n << 28n
const METHODS = 1n << 32n
const GENETIC = 1n << 33n
const COMMERCIAL = 1n << 34n
const FOR_PROFIT = 1n << 35n
const SENSITIVE = 1n << 36n

const KINDS = GRU | HMB | DS | POA | CC
const AGREEMENTS = PUB | COL | MOR | TS | RTN | IRB
const JUDGED = RS | GS | US | PS | IS
const TERMS = NRES | KINDS | NMDS | NPOA | NPUNCU | NPU | NCU | GSO | AGREEMENTS | JUDGED
const PURPOSES = KINDS | AGREEMENTS | METHODS | GENETIC | COMMERCIAL | FOR_PROFIT | SENSITIVE

export type Tone = 'allows' | 'forbids' | 'requires' | 'reviews'

interface Term {
  bit: bigint
  code: string
  id: string
  tone: Tone
  /** The dataset's term as a sentence. */
  says: string
}

const TABLE: readonly Term[] = [
  { bit: NRES, code: 'NRES', id: 'DUO:0000004', tone: 'allows', says: 'Any use is allowed.' },
  {
    bit: GRU,
    code: 'GRU',
    id: 'DUO:0000042',
    tone: 'allows',
    says: 'Any research use is allowed.',
  },
  {
    bit: HMB,
    code: 'HMB',
    id: 'DUO:0000006',
    tone: 'allows',
    says: 'Health, medical and biomedical research is allowed.',
  },
  {
    bit: DS,
    code: 'DS',
    id: 'DUO:0000007',
    tone: 'allows',
    says: 'Research on the named disease is allowed.',
  },
  {
    bit: POA,
    code: 'POA',
    id: 'DUO:0000011',
    tone: 'allows',
    says: 'Research on population origins or ancestry is allowed.',
  },
  {
    bit: CC,
    code: 'CC',
    id: 'DUO:0000043',
    tone: 'allows',
    says: 'Use in clinical care is allowed.',
  },
  {
    bit: NMDS,
    code: 'NMDS',
    id: 'DUO:0000015',
    tone: 'forbids',
    says: 'No development of general methods.',
  },
  {
    bit: NPOA,
    code: 'NPOA',
    id: 'DUO:0000044',
    tone: 'forbids',
    says: 'No research on population origins or ancestry.',
  },
  {
    bit: NPUNCU,
    code: 'NPUNCU',
    id: 'DUO:0000018',
    tone: 'forbids',
    says: 'Not-for-profit organisations and non-commercial use only.',
  },
  {
    bit: NPU,
    code: 'NPU',
    id: 'DUO:0000045',
    tone: 'forbids',
    says: 'Not-for-profit organisations only.',
  },
  { bit: NCU, code: 'NCU', id: 'DUO:0000046', tone: 'forbids', says: 'No commercial use.' },
  { bit: GSO, code: 'GSO', id: 'DUO:0000016', tone: 'forbids', says: 'Genetic studies only.' },
  {
    bit: PUB,
    code: 'PUB',
    id: 'DUO:0000019',
    tone: 'requires',
    says: 'Results must be published.',
  },
  {
    bit: COL,
    code: 'COL',
    id: 'DUO:0000020',
    tone: 'requires',
    says: 'You collaborate with the original investigators.',
  },
  {
    bit: MOR,
    code: 'MOR',
    id: 'DUO:0000024',
    tone: 'requires',
    says: 'No publication before the agreed date.',
  },
  {
    bit: TS,
    code: 'TS',
    id: 'DUO:0000025',
    tone: 'requires',
    says: 'Use ends when the licence ends.',
  },
  {
    bit: RTN,
    code: 'RTN',
    id: 'DUO:0000029',
    tone: 'requires',
    says: 'Derived data are returned to the owner.',
  },
  {
    bit: IRB,
    code: 'IRB',
    id: 'DUO:0000021',
    tone: 'requires',
    says: 'You have a documented ethics approval.',
  },
  {
    bit: RS,
    code: 'RS',
    id: 'DUO:0000012',
    tone: 'reviews',
    says: 'Only a certain type of research: a person decides.',
  },
  {
    bit: GS,
    code: 'GS',
    id: 'DUO:0000022',
    tone: 'reviews',
    says: 'Only in a certain region: a person decides.',
  },
  {
    bit: US,
    code: 'US',
    id: 'DUO:0000026',
    tone: 'reviews',
    says: 'Only approved users: a person decides.',
  },
  {
    bit: PS,
    code: 'PS',
    id: 'DUO:0000027',
    tone: 'reviews',
    says: 'Only an approved project: a person decides.',
  },
  {
    bit: IS,
    code: 'IS',
    id: 'DUO:0000028',
    tone: 'reviews',
    says: 'Only an approved institution: a person decides.',
  },
]

interface Choice {
  bit: bigint
  label: string
}

export const USES: readonly Choice[] = [
  { bit: HMB, label: 'Health, medical or biomedical research' },
  { bit: DS, label: 'Research on the disease this dataset is about' },
  { bit: GRU, label: 'Other research' },
  { bit: POA, label: 'Population origins or ancestry' },
  { bit: CC, label: 'Clinical care' },
]

export const PROPERTIES: readonly Choice[] = [
  { bit: METHODS, label: 'We develop methods, software or algorithms' },
  { bit: GENETIC, label: 'It is a genetic study' },
  { bit: COMMERCIAL, label: 'The use is commercial' },
  { bit: FOR_PROFIT, label: 'Our organisation is for profit' },
  {
    bit: SENSITIVE,
    label:
      'It is about children, a vulnerable population, or what stigmatizes (addiction, illegal or sexual behaviour, mental traits and illnesses), or relates ethnicity or gender to anything but health',
  },
]

const has = (set: bigint, bits: bigint) => (set & bits) !== 0n

export function termsOf(bits: bigint): readonly Term[] {
  return TABLE.filter((term) => has(bits, term.bit))
}

/** What a buyer must agree to before the purpose can match these terms. */
export function agreementsOf(terms: bigint): readonly Term[] {
  return TABLE.filter((term) => has(terms & AGREEMENTS, term.bit))
}

interface Decision {
  decision: 'approve' | 'review' | 'deny'
  reason: string
}

const deny = (reason: string): Decision => ({ decision: 'deny', reason })

/** `diseaseShown`: the purpose's disease was proved to be one that the terms' DS permits. */
export function decide(terms: bigint, purpose: bigint, diseaseShown = false): Decision {
  if (!has(terms, NRES | KINDS) || has(terms, ~TERMS))
    return deny('The dataset’s terms are not valid.')
  if (has(purpose, ~PURPOSES)) return deny('The declared purpose is not valid.')

  const kinds = purpose & KINDS
  let permitted = terms & KINDS
  if (has(terms, NRES)) permitted = KINDS
  if (has(terms, GRU)) permitted |= GRU | HMB | DS | POA
  if (has(terms, HMB)) permitted |= HMB | DS
  if (has(kinds, ~permitted)) return deny('The terms do not allow this kind of use.')
  // Clinical care is no research, so it leaves no room for methods alone.
  const onlyMethods = kinds === 0n
  if (onlyMethods && !has(purpose, METHODS)) return deny('Say what you will use the data for.')
  if (onlyMethods && permitted === CC) return deny('The terms do not allow this kind of use.')

  if (has(terms, NMDS) && has(purpose, METHODS))
    return deny('The terms rule out the development of methods.')
  if (has(terms, NPOA) && has(purpose, POA))
    return deny('The terms rule out research on origins or ancestry.')
  if (has(terms, NPUNCU) && has(purpose, COMMERCIAL | FOR_PROFIT))
    return deny('The terms allow only non-commercial use by not-for-profit organisations.')
  if (has(terms, NPU) && has(purpose, FOR_PROFIT))
    return deny('The terms allow only not-for-profit organisations.')
  if (has(terms, NCU) && has(purpose, COMMERCIAL)) return deny('The terms rule out commercial use.')
  if (has(terms, GSO) && !has(purpose, GENETIC))
    return deny('The terms allow only genetic studies.')
  if (has(terms & AGREEMENTS, ~purpose))
    return deny('You have to agree to every condition of the terms.')

  const ofGivenDisease = has(kinds, DS) && !has(terms, NRES | GRU | HMB)
  const judged =
    (ofGivenDisease && !diseaseShown) ||
    (onlyMethods && !has(permitted, GRU)) ||
    has(terms, JUDGED | IRB) ||
    has(purpose, SENSITIVE) ||
    (!has(terms, NRES) && has(purpose, COMMERCIAL | FOR_PROFIT))
  if (judged)
    return {
      decision: 'review',
      reason:
        'A data access committee reads your request. Your payment waits in escrow and comes back if it says no.',
    }
  return {
    decision: 'approve',
    reason: 'The terms allow this purpose: access is granted without a committee.',
  }
}
