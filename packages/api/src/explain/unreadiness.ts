// Why a guest that runs is not ready: what is asked of it, and how that went lately.

import type { Event } from '../core/v1/event.ts'
import type { VirtualMachineInstance } from '../kubevirt.io/v1/virtual-machine-instance.ts'
import type { Probe } from '../kubevirt.io/v1/virtual-machine-instance-spec.ts'
import { findCondition } from '../meta/index.ts'
import { byTime } from './event-order.ts'

export function unreadiness(instance: VirtualMachineInstance | undefined, events: readonly Event[]): string[] {
  const probe = instance?.spec.readinessProbe
  const ready = findCondition(instance?.status?.conditions, 'Ready')
  if (probe === undefined || instance?.status?.phase !== 'Running' || ready?.reason !== 'ContainersNotReady') return []
  const { metadata } = instance
  const lately = events
    .filter(({ reason, message, involvedObject }) => {
      const isOfThis = involvedObject.uid === undefined || involvedObject.uid === metadata.uid
      return isOfThis && reason === 'Unhealthy' && message?.startsWith('Readiness probe') === true
    })
    .toSorted(byTime)
    .at(-1)
  const outcome = lately === undefined ? 'has not succeeded yet' : `does not succeed: ${lately.message}`
  return [`The guest runs, but its readiness probe (${questionOf(probe)}) ${outcome}`]
}

function questionOf({ exec, httpGet, tcpSocket, periodSeconds = 10 }: Probe): string {
  const often = `every ${periodSeconds} s`
  if (httpGet !== undefined) return `HTTP GET ${httpGet.path ?? '/'} on port ${httpGet.port}, ${often}`
  if (tcpSocket !== undefined) return `a connection to port ${tcpSocket.port}, ${often}`
  return exec === undefined ? `a ping of the guest agent, ${often}` : `${(exec.command ?? []).join(' ')} in the guest, ${often}`
}
