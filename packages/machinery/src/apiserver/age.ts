// How long ago, as kubectl prints it. Pure.

const second = 1
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
const year = 365 * day

/** `5m`, `3d4h`; `<unknown>` without a time and `<invalid>` for one that is yet to come. */
export function ageOf(time: string | number | boolean | null | undefined, nowMs: number): string {
  if (typeof time !== 'string' || time === '') return '<unknown>'
  const then = Date.parse(time)
  return Number.isNaN(then) ? '<unknown>' : durationText((nowMs - then) / 1_000)
}

/** The two largest units where the second still says something. */
export function durationText(seconds: number): string {
  const whole = Math.trunc(seconds)
  if (whole < -1) return '<invalid>'
  if (whole < 0) return '0s'
  if (whole < 2 * minute) return `${whole}s`
  if (whole < 10 * minute) return pair(whole, minute, 'm', second, 's')
  if (whole < 3 * hour) return `${Math.floor(whole / minute)}m`
  if (whole < 8 * hour) return pair(whole, hour, 'h', minute, 'm')
  if (whole < 2 * day) return `${Math.floor(whole / hour)}h`
  if (whole < 8 * day) return pair(whole, day, 'd', hour, 'h')
  if (whole < 2 * year) return `${Math.floor(whole / day)}d`
  if (whole < 8 * year) return pair(whole, year, 'y', day, 'd')
  return `${Math.floor(whole / year)}y`
}

function pair(whole: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((whole % large) / small)
  return `${Math.floor(whole / large)}${largeName}${rest === 0 ? '' : `${rest}${smallName}`}`
}
