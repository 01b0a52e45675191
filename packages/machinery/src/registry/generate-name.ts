// Names for those who leave the naming to the server.

import type { Random } from '@sheaf/api/meta'

/** No vowels and no digits that read as letters, so that no word comes out. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
const suffixLength = 5
/** Leaves room for the suffix in the 63 characters of a label. */
const maxBaseLength = 63 - suffixLength

/** `base`, shortened where it must be, and five drawn characters. */
export function generateName(random: Random, base: string): string {
  const suffix = Array.from({ length: suffixLength }, () => alphabet[random.below(alphabet.length)])
  return base.slice(0, maxBaseLength) + suffix.join('')
}
