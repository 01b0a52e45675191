// How far a station is, for people. Pure.

import type { Progress, Station } from '@sheaf/upgrade'

const mib = 1024 * 1024

export function progressText({ title }: Station, progress: Progress | undefined): string {
  if (progress === undefined || progress.of === 0) return title
  const percent = Math.floor((100 * progress.done) / progress.of)
  return progress.unit === 'percent' ? `${title}: ${percent} %` : `${title}: ${percent} % of ${amount(progress)}`
}

function amount({ of, unit }: Progress): string {
  return unit === 'bytes' ? `${Math.ceil(of / mib)} MiB` : `${of} ${unit}`
}
