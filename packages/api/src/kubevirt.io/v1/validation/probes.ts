import type { FieldError } from '../../../meta/index.ts'
import type { Probe } from '../virtual-machine-instance-spec.ts'
import { countSet, invalid, required, type SpecRule, when } from './rule.ts'

export const validateProbes: SpecRule = (path, spec) => {
  const isReachable = (spec.networks ?? []).some((network) => network.pod !== undefined)
  return [
    ...validateProbe(`${path}.readinessProbe`, spec.readinessProbe, isReachable),
    ...validateProbe(`${path}.livenessProbe`, spec.livenessProbe, isReachable),
  ]
}

function validateProbe(field: string, probe: Probe | undefined, isReachable: boolean): FieldError[] {
  if (probe === undefined) return []
  const { exec, guestAgentPing, httpGet, tcpSocket } = probe
  const handlers = countSet(exec, guestAgentPing, httpGet, tcpSocket)
  const needsNetwork = (name: string): FieldError =>
    invalid(`${field}.${name}`, `${field}.${name} is only allowed if the Pod Network is attached`)
  return [
    ...when(handlers > 1, () => invalid(field, `${field} must have exactly one probe type set`)),
    ...when(handlers === 0, () =>
      required(field, `either ${field}.tcpSocket, ${field}.exec or ${field}.httpGet must be set if a ${field} is specified`),
    ),
    ...when(httpGet !== undefined && !isReachable, () => needsNetwork('httpGet')),
    ...when(tcpSocket !== undefined && !isReachable, () => needsNetwork('tcpSocket')),
  ]
}
