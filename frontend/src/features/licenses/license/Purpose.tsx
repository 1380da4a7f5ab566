import { agreementsOf } from '@/lib/duo'
import { PROPERTIES, USES } from '@/lib/purpose'

/** What a buyer declared, in the words by which the buyer chose. */
export function Purpose({ purpose, disease }: { purpose: bigint; disease: string | null }) {
  const chosen = [...USES, ...PROPERTIES].filter(({ bit }) => (purpose & bit) !== 0n)
  return (
    <ul className="list-disc space-y-1 pl-5">
      {chosen.map(({ label }) => (
        <li key={label}>{label}</li>
      ))}
      {disease && <li>Disease: {disease}</li>}
      {agreementsOf(purpose).map(({ code, says }) => (
        <li key={code}>Agreed to: {says}</li>
      ))}
    </ul>
  )
}
