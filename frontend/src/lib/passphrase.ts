/** The rule for a new passphrase; the command line has the same one. */

export const MIN_PASSPHRASE = 10

/** Why this passphrase is refused, in a sentence; null where it is good. */
export function problemOf(passphrase: string): string | null {
  // Code points after normalization, as Python counts them: an emoji is one character.
  const characters = [...passphrase.normalize('NFC')].length
  return characters < MIN_PASSPHRASE
    ? `Too short: it needs at least ${MIN_PASSPHRASE} characters.`
    : null
}
