// Durations as Kubernetes writes them: `5m0s`, `1h30m`, `1.5s`, `300ms`.

const unitMs: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
])

const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/y

/** In milliseconds; undefined for what is no duration. */
export function goDurationMs(text: string): number | undefined {
  if (text === '0') return 0
  const sign = text.startsWith('-') ? -1 : 1
  const digits = text.replace(/^[+-]/, '')
  let total = 0
  part.lastIndex = 0
  do {
    const [, number, unit = ''] = part.exec(digits) ?? []
    if (number === undefined) return undefined
    total += Number(number) * (unitMs.get(unit) ?? 0)
  } while (part.lastIndex < digits.length)
  return sign * total
}
