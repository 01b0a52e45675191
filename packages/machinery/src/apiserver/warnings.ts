// The texts that a request collects on its way, and the `Warning: 299` headers they leave in. Pure.

/** More than this breaks clients and proxies that limit their headers. */
const maxTotalBytes = 4_096
/** What is left of each text when they are too much together. */
const maxShortened = 256

export interface Warnings {
  warn: (text: string) => void
  /** The values of the `warning` header. */
  headers: () => string[]
}

export function collectWarnings(): Warnings {
  const texts = new Set<string>()
  return { warn: (text) => void texts.add(text), headers: () => warningHeaders([...texts]) }
}

export function warningHeaders(texts: readonly string[]): string[] {
  const whole = texts.map(headerValue)
  if (totalLength(whole) <= maxTotalBytes) return whole
  const kept: string[] = []
  for (const text of texts) {
    const value = headerValue(Array.from(text).slice(0, maxShortened).join(''))
    if (totalLength(kept) + value.length > maxTotalBytes) break
    kept.push(value)
  }
  return kept
}

function totalLength(values: readonly string[]): number {
  return values.reduce((sum, value) => sum + value.length, 0)
}

/** A header is bytes: the text's UTF-8, each byte as one character, as Node writes them. */
function headerValue(text: string): string {
  const quoted = text.replace(/\p{Cc}/gu, ' ').replace(/["\\]/g, '\\$&')
  return `299 - "${Buffer.from(quoted, 'utf8').toString('latin1')}"`
}
