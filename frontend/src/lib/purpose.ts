/**
 * What a buyer declares, and the decision of contracts/libraries/DuoPolicy.sol about it, so that it is
 * seen before paying. The first view, which shows terms alone, does without.
 */
import {
  AGREEMENTS,
  CC,
  DS,
  GRU,
  GSO,
  HMB,
  IRB,
  JUDGED,
  KINDS,
  NCU,
  NMDS,
  NPOA,
  NPU,
  NPUNCU,
  NRES,
  POA,
  has,
} from './duo'

const METHODS = 1n << 32n
const GENETIC = 1n << 33n
const COMMERCIAL = 1n << 34n
const FOR_PROFIT = 1n << 35n
const SENSITIVE = 1n << 36n

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

const TERMS = NRES | KINDS | NMDS | NPOA | NPUNCU | NPU | NCU | GSO | AGREEMENTS | JUDGED
const PURPOSES = KINDS | AGREEMENTS | METHODS | GENETIC | COMMERCIAL | FOR_PROFIT | SENSITIVE

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
