// What was made of a text, for the next who comes with the same: clients repeat themselves in headers, paths and objects.

/** A text of more characters is not worth its memory, unless said otherwise. */
const usualLength = 512

/** What is made must be the same for the same text, and nobody may change it. */
export function memory<T>(most: number, longest = usualLength): (text: string, make: (text: string) => T) => T {
  const known = new Map<string, T>()
  return (text, make) => {
    const found = known.get(text)
    if (found !== undefined) return found
    const made = make(text)
    if (text.length > longest) return made
    if (known.size >= most) known.clear()
    known.set(text, made)
    return made
  }
}

/** `make` must be pure. */
export function remembered<T>(most: number, make: (text: string) => T): (text: string) => T {
  const recall = memory<T>(most)
  return (text) => recall(text, make)
}
