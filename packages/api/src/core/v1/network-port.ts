// Ports and their names, as Services and endpoints have them. Pure.

import { type FieldError, invalid } from '../../meta/index.ts'

export const portProtocols: readonly string[] = ['SCTP', 'TCP', 'UDP']

const highestPort = 65_535

export function portNumberErrors(field: string, port: number): FieldError[] {
  return port >= 1 && port <= highestPort ? [] : [invalid(field, port, `must be between 1 and ${highestPort}, inclusive`)]
}

/** What is wrong with a port's name, of which the first thing is told. */
export function portNameFinding(name: string): string | undefined {
  if (name.length > 15) return 'must be no more than 15 bytes'
  if (!/^[-a-z0-9]+$/.test(name)) return 'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)'
  if (!/[a-z]/.test(name)) return 'must contain at least one letter (a-z)'
  if (name.includes('--')) return 'must not contain consecutive hyphens'
  return name.startsWith('-') || name.endsWith('-') ? 'must not begin or end with a hyphen' : undefined
}
