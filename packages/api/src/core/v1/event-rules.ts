// What holds for an event in whichever group's words it is told.

import { type FieldError, invalid, microTime } from '../../meta/index.ts'

interface Times {
  eventTime?: string | null
  series?: { lastObservedTime?: string }
}

/** Changes the event. */
export function completeTimes(event: Times): void {
  if (event.eventTime) event.eventTime = microTime(event.eventTime)
  if (event.series?.lastObservedTime) event.series.lastObservedTime = microTime(event.series.lastObservedTime)
}

/** An event lies beside what it is about. Those of cluster-scoped objects live in default; newer reporters may use kube-system too. */
export function placeFindings(about = '', here = '', isReported: boolean): FieldError[] {
  const homes = isReported ? ['default', 'kube-system'] : ['', 'default']
  const isAtHome = about === '' ? homes.includes(here) : about === here
  return isAtHome ? [] : [invalid('involvedObject.namespace', about, 'does not match event.namespace')]
}
