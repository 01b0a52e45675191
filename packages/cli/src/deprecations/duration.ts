// Spans of time as people write them.

import { InvalidArgumentError } from 'commander'

const hourMs = 3_600_000
const unitsMs: Readonly<Record<string, number>> = { m: 60_000, h: hourMs, d: 24 * hourMs, w: 7 * 24 * hourMs }

export interface Duration {
  ms: number
  text: string
}

/** `30d`, `12h`, `2w`, `90m`. */
export function parseDuration(text: string): Duration {
  const [, count = '', unit = ''] = /^(\d{1,6})([mhdw])$/.exec(text) ?? []
  const unitMs = unitsMs[unit]
  if (unitMs === undefined) throw new InvalidArgumentError('Give a whole number with a unit: 90m, 12h, 30d or 2w.')
  return { ms: Number(count) * unitMs, text }
}

/** `3 days`, `5 hours`, `less than a minute`: the largest unit that fits. */
export function spanText(ms: number): string {
  for (const [unit, name] of [
    ['d', 'day'],
    ['h', 'hour'],
    ['m', 'minute'],
  ] as const) {
    const count = Math.floor(ms / (unitsMs[unit] ?? 1))
    if (count > 0) return `${count} ${name}${count === 1 ? '' : 's'}`
  }
  return 'less than a minute'
}
