// How the ports of a guest are found from outside: two annotations, one that asks and one that tells.

import type { ApiObject } from '../../meta/index.ts'

/** Asks for host ports, by port name or number: `http=8080, 22=127.0.0.1:2222`. Without it a free port is chosen. */
export const hostPortsAnnotation = 'sheaf.io/host-ports'

/** Tells where each declared port answers, as JSON: a list of ForwardedPort. Written by Sheaf on the instance. */
export const forwardedPortsAnnotation = 'sheaf.io/forwarded-ports'

export interface ForwardedPort {
  name: string
  protocol: 'tcp' | 'udp'
  hostAddress: string
  hostPort: number
  guestPort: number
}

export interface HostPortWish {
  hostAddress: string
  hostPort: number
}

/** Entries that cannot be read are not in the map; admission has refused them already. */
export function parseHostPorts(annotation: string | undefined): Map<string, HostPortWish> {
  const wishes = new Map<string, HostPortWish>()
  for (const entry of (annotation ?? '').split(',')) {
    const match = /^\s*([^=\s]+)\s*=\s*(?:([0-9.]+):)?(\d{1,5})\s*$/.exec(entry)
    if (match?.[1] === undefined) continue
    const hostPort = Number(match[3])
    if (hostPort > 0 && hostPort < 65_536) wishes.set(match[1], { hostAddress: match[2] ?? '127.0.0.1', hostPort })
  }
  return wishes
}

/** What is wrong with the annotation, or undefined. */
export function hostPortsProblem(annotation: string | undefined): string | undefined {
  if (annotation === undefined) return undefined
  const entries = annotation.split(',').filter((entry) => entry.trim() !== '')
  if (parseHostPorts(annotation).size === entries.length) return undefined
  return `annotation ${hostPortsAnnotation} must be a list such as "http=8080,22=127.0.0.1:2222", each port once; it is "${annotation}"`
}

/** Where the instance's ports answer now; empty when it is absent, has none, or has not been started. */
export function forwardedPortsOf(instance: ApiObject | undefined): ForwardedPort[] {
  const text = instance?.metadata.annotations?.[forwardedPortsAnnotation]
  if (text === undefined) return []
  try {
    return JSON.parse(text) as ForwardedPort[]
  } catch {
    // Somebody else wrote there; the next start writes it anew.
    return []
  }
}
