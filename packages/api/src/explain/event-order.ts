import type { Event } from '../core/v1/event.ts'

/** When it was last seen; empty when it does not say. */
export const timeOf = (event: Event): string => event.lastTimestamp ?? event.metadata.creationTimestamp ?? ''
export const byTime = (a: Event, b: Event): number => timeOf(a).localeCompare(timeOf(b))
