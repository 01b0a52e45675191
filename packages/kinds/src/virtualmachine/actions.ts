// What can be done to a virtual machine beside writing its object. start, stop and restart check, then write what is wanted;
// the controller does the rest.

import type { ActionCall, RequestAction } from '@sheaf/machinery/kind'
import { harvesterAction } from '../harvester-actions.ts'
import { platformActions } from '../platform-actions.ts'
import type { Ports } from '../ports.ts'
import { refusedVirtualMachineActions } from '../refused-actions.ts'
import { kubevirtActions } from '../subresources.ts'
import { migrateAction } from '../virtualmachineinstancemigration/migrate-action.ts'
import { carryOut, type Decide } from './carry-out.ts'
import { expandActions } from './expand-actions.ts'
import { decideHalt, decideRestart, decideStart, decideStop } from './lifecycle.ts'
import { onlyDryRunIn, restartOptions, startOptions, stopOptions } from './lifecycle-options.ts'

/** The shortest that still lets the guest's kernel be told. KubeVirt's figure for a forced restart. */
const forcedGraceSeconds = 1

type ClientPort = Pick<Ports, 'client'>

export function virtualMachineActions(ports: ClientPort): RequestAction[] {
  return [
    ...kubevirtLifecycle(ports),
    ...harvesterLifecycle(ports),
    ...expandActions(ports),
    migrateAction(ports),
    ...refusedVirtualMachineActions(ports),
    ...platformActions(),
  ]
}

function kubevirtLifecycle(ports: ClientPort): RequestAction[] {
  const verb = (action: string, decideOn: (call: ActionCall) => Decide): RequestAction => ({
    ...kubevirtActions,
    kind: 'request',
    plural: 'virtualmachines',
    action,
    method: 'PUT',
    run: (call) => carryOut(call, decideOn(call), ports),
  })
  return [
    verb('start', ({ body }) => {
      const { paused, dryRun } = startOptions(body)
      return (vm, vmi) => ({ effect: decideStart(vm, vmi, { paused, haltedBecomes: 'Always' }), dryRun })
    }),
    verb('stop', ({ body }) => {
      const { gracePeriodSeconds, dryRun } = stopOptions(body)
      return (vm, vmi) => ({ effect: decideStop(vm, vmi, gracePeriodSeconds), graceSeconds: gracePeriodSeconds, dryRun })
    }),
    verb('restart', ({ body }) => {
      const { force, dryRun } = restartOptions(body)
      return (vm, vmi) => ({ effect: decideRestart(vm, vmi), graceSeconds: force ? forcedGraceSeconds : undefined, dryRun })
    }),
  ]
}

function harvesterLifecycle(ports: ClientPort): RequestAction[] {
  const verb = (action: string, decide: (...seen: Parameters<Decide>) => Omit<ReturnType<Decide>, 'dryRun'>): RequestAction =>
    harvesterAction(action, (call) => {
      const dryRun = onlyDryRunIn(call.body)
      return carryOut(call, (vm, vmi) => ({ ...decide(vm, vmi), dryRun }), ports)
    })
  return [
    verb('start', (vm, vmi) => ({ effect: decideStart(vm, vmi, { paused: false, haltedBecomes: 'remembered' }) })),
    verb('stop', (vm) => ({ effect: decideHalt(vm) })),
    verb('forceStop', (vm, vmi) => ({ effect: decideStop(vm, vmi, 0), graceSeconds: 0 })),
    verb('restart', (vm, vmi) => ({ effect: decideRestart(vm, vmi) })),
  ]
}
