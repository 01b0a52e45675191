// The instance that an action is about, and its machine as it is now.

import type { VirtualMachineInstance } from '@sheaf/api'
import { conflict, type StatusError } from '@sheaf/api/meta'
import type { ActionCall, RequestAction } from '@sheaf/machinery/kind'
import type { RunningState } from '@sheaf/qemu'
import type { MachinePorts } from '../../ports.ts'
import { instanceOf } from '../../refused-actions.ts'
import { kubevirtActions, vmiSubject } from '../../subresources.ts'

export interface Target {
  instance: VirtualMachineInstance
  /** The machine's, which is the instance's uid. */
  id: string
  running: RunningState | undefined
}

/** Throws 404. */
export async function targetOf(call: ActionCall, ports: MachinePorts): Promise<Target> {
  const instance = await instanceOf(call, ports)
  const id = instance.metadata.uid ?? ''
  const machine = await ports.hypervisor.find(id)
  return { instance, id, running: machine?.state.kind === 'running' ? machine.state : undefined }
}

export const instanceActions = { ...kubevirtActions, plural: 'virtualmachineinstances' } as const

/** An action of one method. */
export function instanceAction(method: 'GET' | 'PUT', action: string, run: RequestAction['run']): RequestAction {
  return { ...instanceActions, kind: 'request', method, action, run }
}

export const inConflict = ({ name }: ActionCall, why: string): StatusError => conflict(vmiSubject, name, why)
