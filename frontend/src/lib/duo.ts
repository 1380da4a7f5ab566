/** GA4GH Data Use Ontology terms as bits: the table of contracts/libraries/DuoPolicy.sol. */
export const NRES = 1n << 0n
export const GRU = 1n << 1n
export const HMB = 1n << 2n
export const DS = 1n << 3n
export const POA = 1n << 4n
export const CC = 1n << 5n
export const NMDS = 1n << 8n
export const NPOA = 1n << 9n
export const NPUNCU = 1n << 10n
export const NPU = 1n << 11n
export const NCU = 1n << 12n
export const GSO = 1n << 13n
const PUB = 1n << 16n
const COL = 1n << 17n
const MOR = 1n << 18n
const TS = 1n << 19n
const RTN = 1n << 20n
export const IRB = 1n << 21n
const RS = 1n << 24n
const GS = 1n << 25n
const US = 1n << 26n
const PS = 1n << 27n
const IS = 1n << 28n

export const KINDS = GRU | HMB | DS | POA | CC
export const AGREEMENTS = PUB | COL | MOR | TS | RTN | IRB
export const JUDGED = RS | GS | US | PS | IS

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

export const has = (set: bigint, bits: bigint) => (set & bits) !== 0n

export function termsOf(bits: bigint): readonly Term[] {
  return TABLE.filter((term) => has(bits, term.bit))
}

/** What a buyer must agree to before the purpose can match these terms. */
export function agreementsOf(terms: bigint): readonly Term[] {
  return TABLE.filter((term) => has(terms & AGREEMENTS, term.bit))
}
