import type { Institution } from '@/generated/api'
import { date } from '@/lib/format'

/**
 * Who is behind an account. The domain comes first, as it is what is proven: the name is its own word.
 */
export function Behind({ institution }: { institution: Institution | null }) {
  if (!institution) return 'unproven'
  const { domain, name, ror, rorListed, provenAt } = institution
  return (
    <>
      {domain} ({name}), proven by HTTPS on {date(provenAt)}
      {ror && `; ${ror}, ${ROR[`${rorListed}`]}`}
    </>
  )
}

const ROR: Record<string, string> = {
  null: 'claimed by the domain',
  true: 'as the ROR registry has it',
  false: 'which the ROR registry does not have for this domain',
}
