// pause, unpause, softreboot and reset: what is done to a machine that runs and goes on being the same one.

import { type VirtualMachine, virtualMachineDefinition } from '@sheaf/api'
import { badRequest, forbiddenError } from '@sheaf/api/meta'
import type { ActionCall, RequestAction } from '@sheaf/machinery/kind'
import { isDryRun } from '../../action-options.ts'
import type { MachinePorts } from '../../ports.ts'
import { fulfilled, vmiSubject } from '../../subresources.ts'
import { inConflict, instanceAction, type Target, targetOf } from './action-target.ts'

type Deed = (ports: MachinePorts, target: Target) => Promise<void>

export function runActions(ports: MachinePorts): RequestAction[] {
  const put = (
    action: string,
    refusal: (call: ActionCall, target: Target) => Error | undefined | Promise<Error | undefined>,
    deed: Deed,
  ): RequestAction =>
    instanceAction('PUT', action, async (call) => {
      const target = await targetOf(call, ports)
      const why = await refusal(call, target)
      if (why !== undefined) throw why
      if (!isDryRun(call.body)) await deed(ports, target)
      return fulfilled
    })
  return [
    put('pause', pauseRefusal, ({ hypervisor }, { id }) => hypervisor.pause(id)),
    put(
      'unpause',
      (call, target) => unpauseRefusal(call, target, ports),
      ({ hypervisor }, { id }) => hypervisor.resume(id),
    ),
    put('softreboot', softRebootRefusal, ({ hypervisor }, { id }) =>
      hypervisor.askAgent(id, 'guest-shutdown', { mode: 'reboot' }),
    ),
    put('reset', resetRefusal, ({ hypervisor }, { id }) => hypervisor.reset(id)),
  ]
}

function pauseRefusal(call: ActionCall, { instance, running }: Target): Error | undefined {
  if (running === undefined) return inConflict(call, 'VM is not running')
  const probe = instance.spec.livenessProbe
  if (probe !== undefined && probe.guestAgentPing === undefined)
    return forbiddenError(vmiSubject, call.name, 'Pausing VMIs with a non-GuestAgentPing LivenessProbe is not supported')
  return running.paused ? inConflict(call, 'VMI is already paused') : undefined
}

async function unpauseRefusal(call: ActionCall, { running }: Target, { client }: MachinePorts): Promise<Error | undefined> {
  const key = { namespace: call.namespace, name: call.name }
  const vm = await client.resource<VirtualMachine>(virtualMachineDefinition).find(key)
  if (vm?.status?.snapshotInProgress !== undefined) return inConflict(call, 'VM snapshot is in progress')
  if (running === undefined) return inConflict(call, 'VMI is not running')
  return running.paused ? undefined : inConflict(call, 'VMI is not paused')
}

/** The power button is no way round the agent: a guest that obeys it is off, and its instance has ended. */
function softRebootRefusal(call: ActionCall, { instance, running }: Target): Error | undefined {
  if (running === undefined) return inConflict(call, 'VM is not running')
  if (running.paused) return inConflict(call, 'VMI is paused')
  if (running.agentConnected === true) return undefined
  if (instance.spec.domain.features?.acpi?.enabled === false)
    return inConflict(call, 'VMI neither have the agent connected nor the ACPI feature enabled')
  return inConflict(
    call,
    'VMI does not have guest agent connected, and nothing else can ask the guest to reboot: install qemu-guest-agent in it, or use reset or restart',
  )
}

function resetRefusal(_call: ActionCall, { instance, running }: Target): Error | undefined {
  if (running !== undefined) return undefined
  const phase = instance.status?.phase ?? ''
  return badRequest(
    `Failed to reset non-running VMI with phase ${phase}: Unable to connect to VirtualMachineInstance because phase is ${phase} instead of Running or Scheduled`,
  )
}
