// What was made of a text, for the next who comes with the same: clients repeat themselves in headers and paths.

/** A text of more characters is not worth its memory. */
const longestText = 512

/** `make` must be pure, and nobody may change what it returns. */
export function remembered<T>(most: number, make: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    const found = known.get(text)
    if (found !== undefined) return found
    const made = make(text)
    if (text.length > longestText) return made
    if (known.size >= most) known.clear()
    known.set(text, made)
    return made
  }
}
