import type { DatasetAnswer } from '@/generated/api'

export type Role = DatasetAnswer['roles'][number]['role']

/** In the order of `IDatasetNFT.Role`, whose numbers go into transactions. */
export const ROLES: Record<Role, { name: string; means: string }> = {
  custodian: {
    name: 'Key custodian',
    means:
      'It holds the dataset’s key and seals it to licensees. The owner has to hand it the key, too: biodesci dataset hand-over.',
  },
  operator: {
    name: 'Node operator',
    means: 'It runs the node that takes part in rounds of training with this dataset.',
  },
  committee: {
    name: 'Access committee',
    means: 'Its members decide on purposes that the terms leave to a person, each alone.',
  },
}
