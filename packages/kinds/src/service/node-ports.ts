// Node ports: which of them belong to whom, and which one is given to who names none. What is stored is the truth; in
// between, between a service's admission and its being stored, a port is reserved for it, so that nobody else is given it.

import { type Service, type ServicePort, serviceDefinition, wantsHealthPort, wantsNodePorts } from '@sheaf/api'
import { type Clock, type FieldError, internalError, invalid, invalidError, keyOf, keyText, type Random } from '@sheaf/api/meta'

/** Kubernetes' range, which lies below what the kernel gives to those who name no port. */
const firstPort = 30_000
const lastPort = 32_767
/** As in Kubernetes, the first ones are left to people who choose theirs, as long as there are others. */
const firstChosenByUs = 30_086
/** Storing takes milliseconds. What was refused after all gives its ports back so much later. */
const reservedMs = 10_000

export interface NodePorts {
  /** Gives node ports to a service that needs some. `stored`: all services. Throws a StatusError. */
  assign(service: Service, assignment: { old: Service | undefined; stored: readonly Service[]; isDryRun: boolean }): void
  /** It is to go, and stored as long as it is there. */
  release(service: Service): void
}

export function createNodePorts({ clock, random }: { clock: Clock; random: Random }): NodePorts {
  const reserved = new Map<number, { owner: string; untilMs: number }>()

  function takenBy(others: readonly Service[], owner: string): Set<number> {
    const nowMs = clock.now()
    for (const [port, { untilMs }] of reserved) if (untilMs <= nowMs) reserved.delete(port)
    const inFlight = [...reserved].flatMap(([port, reservation]) => (reservation.owner === owner ? [] : [port]))
    return new Set([...others.flatMap(nodePortsOf), ...inFlight])
  }

  function anyFree(taken: ReadonlySet<number>): number {
    for (const [from, to] of [
      [firstChosenByUs, lastPort],
      [firstPort, firstChosenByUs - 1],
    ] as const) {
      const count = to - from + 1
      const start = random.below(count)
      for (let step = 0; step < count; step++) {
        const port = from + ((start + step) % count)
        if (!taken.has(port)) return port
      }
    }
    throw internalError(new Error('failed to allocate a nodePort: range is full'))
  }

  return {
    assign(service, { old, stored, isDryRun }) {
      const owner = keyText(keyOf(service))
      const others = stored.filter((each) => keyText(keyOf(each)) !== owner)
      const taken = takenBy(others, owner)
      refuseTaken(service, old, taken)
      for (const port of nodePortsOf(service)) taken.add(port)
      const give = (): number => {
        const port = anyFree(taken)
        taken.add(port)
        return port
      }
      if (wantsNodePorts(service)) for (const port of service.spec?.ports ?? []) port.nodePort ??= give()
      if (service.spec !== undefined && wantsHealthPort(service)) service.spec.healthCheckNodePort ||= give()
      if (isDryRun) return
      const untilMs = clock.now() + reservedMs
      for (const port of nodePortsOf(service)) reserved.set(port, { owner, untilMs })
    },
    release(service) {
      const owner = keyText(keyOf(service))
      for (const [port, reservation] of reserved) if (reservation.owner === owner) reserved.delete(port)
    },
  }
}

function nodePortsOf({ spec }: Service): number[] {
  const ports = (spec?.ports ?? []).map(({ nodePort }) => nodePort)
  return [...ports, spec?.healthCheckNodePort].filter((port): port is number => Boolean(port))
}

/** What the service has already is its own, whatever range there was when it got it. */
function refuseTaken(service: Service, old: Service | undefined, taken: ReadonlySet<number>): void {
  const own = new Set(old === undefined ? [] : nodePortsOf(old))
  const findingOf = (port: number): string | undefined => {
    if (own.has(port)) return undefined
    if (port < firstPort || port > lastPort)
      return `provided port is not in the valid range. The range of valid ports is ${firstPort}-${lastPort}`
    return taken.has(port) ? 'provided port is already allocated' : undefined
  }
  const errorsOf = (field: string, port: number | undefined): FieldError[] => {
    const finding = port ? findingOf(port) : undefined
    return finding === undefined ? [] : [invalid(field, port, finding)]
  }
  const ports: readonly ServicePort[] = service.spec?.ports ?? []
  const errors = [
    ...ports.flatMap(({ nodePort }, index) => errorsOf(`spec.ports[${index}].nodePort`, nodePort)),
    ...errorsOf('spec.healthCheckNodePort', service.spec?.healthCheckNodePort),
  ]
  if (errors.length > 0) throw invalidError(serviceDefinition, service.metadata.name ?? '', errors)
}
