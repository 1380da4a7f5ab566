/** What a licence lets its licensee do. */
import type { Offer } from '@/generated/api'

export type Right = Offer['right']

/** In the order of `Right` in contracts/interfaces/IAccessLicense.sol. */
export const RIGHTS = ['none', 'download', 'train', 'infer'] as const satisfies readonly Right[]

export const RIGHT_NAMES: Record<Right, string> = {
  none: 'None',
  download: 'Download and decrypt',
  train: 'Train models, without download',
  infer: 'Run inferences, without download',
}

/** Only a download needs the dataset's key. All else is served where the data are. */
export const needsKey = (right: Right): boolean => right === 'download'
