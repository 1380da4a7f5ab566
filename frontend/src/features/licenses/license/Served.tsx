/** A licence without a key: what it opens is where the data are. */
import type { License } from '../chain'

export function Served({ license }: { license: License }) {
  const number = String(license.id)
  return (
    <div className="space-y-3">
      <p>
        No key and no file come with this licence: the data stay with their owner, whose node serves
        you.
      </p>
      <p className="text-muted">
        {license.right === 'train'
          ? `Open a training round for a model that your account owns, and tell the owner its number and that of this licence, ${number}. The owner’s node, or one that the owner let operate for it, enrols by this licence and trains where the data are. Each enrolment counts one use.`
          : `Tell the owner the number of this licence, ${number}. The owner’s node answers you, and the data do not leave it.`}
      </p>
    </div>
  )
}
