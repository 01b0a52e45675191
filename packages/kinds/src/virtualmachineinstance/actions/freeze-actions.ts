// freeze and unfreeze: the guest's filesystems stand still while something is copied.

import { type VirtualMachineInstance, virtualMachineInstanceDefinition } from '@sheaf/api'
import { internalError, keyOf } from '@sheaf/api/meta'
import type { RequestAction } from '@sheaf/machinery/kind'
import { AgentRefused, AgentSilent } from '@sheaf/qemu'
import type { MachinePorts } from '../../ports.ts'
import { fulfilled } from '../../subresources.ts'
import { inConflict, instanceAction, type Target, targetOf } from './action-target.ts'
import { thawAtAnnotation, unfreezeTimeoutMs } from '../freeze.ts'

export function freezeActions(ports: MachinePorts): RequestAction[] {
  return [
    instanceAction('PUT', 'freeze', async (call) => {
      const target = await targetOf(call, ports)
      if (target.running === undefined) throw inConflict(call, 'VM is not running')
      const timeoutMs = unfreezeTimeoutMs(call.body)
      await reportingTrouble(target, ports, () => freeze(target, timeoutMs, ports))
      return fulfilled
    }),
    instanceAction('PUT', 'unfreeze', async (call) => {
      const target = await targetOf(call, ports)
      if (target.running === undefined) throw inConflict(call, 'VMI is not running')
      await reportingTrouble(target, ports, () => thaw(target.instance, ports))
      return fulfilled
    }),
  ]
}

/** The thaw is promised before anything is frozen. Thawing what is not frozen does nothing. */
async function freeze({ instance, id }: Target, timeoutMs: number, ports: MachinePorts): Promise<void> {
  const isFrozen = (await ports.hypervisor.askAgent(id, 'guest-fsfreeze-status')) === 'frozen'
  await promiseThaw(instance, timeoutMs === 0 ? undefined : new Date(ports.clock.now() + timeoutMs), ports)
  if (!isFrozen) await ports.hypervisor.askAgent(id, 'guest-fsfreeze-freeze')
}

export async function thaw(instance: VirtualMachineInstance, ports: MachinePorts): Promise<void> {
  await ports.hypervisor.askAgent(instance.metadata.uid ?? '', 'guest-fsfreeze-thaw')
  await promiseThaw(instance, undefined, ports)
}

/** Undefined takes the promise back. */
export async function promiseThaw(
  instance: VirtualMachineInstance,
  at: Date | undefined,
  { client }: Pick<MachinePorts, 'client'>,
): Promise<void> {
  const annotations = { [thawAtAnnotation]: at?.toISOString() ?? null }
  await client
    .resource<VirtualMachineInstance>(virtualMachineInstanceDefinition)
    .patch(keyOf(instance), { metadata: { annotations } })
}

async function reportingTrouble({ instance }: Target, ports: MachinePorts, act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (!(error instanceof AgentSilent || error instanceof AgentRefused)) throw error
    ports.events.record(instance, { type: 'Warning', reason: 'FreezeError', message: error.message })
    throw internalError(error)
  }
}
