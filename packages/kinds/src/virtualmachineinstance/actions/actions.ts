// What can be done to an instance beside writing its object.

import type { Action } from '@sheaf/machinery/kind'
import { harvesterAction } from '../../harvester-actions.ts'
import type { MachinePorts } from '../../ports.ts'
import { imageActions } from '../../image-actions.ts'
import { refusedInstanceActions } from '../../refused-actions.ts'
import { freezeActions } from './freeze-actions.ts'
import { guestInfoActions } from './guest-info-actions.ts'
import { logAction } from './log-action.ts'
import { runActions } from './run-actions.ts'
import { streamActions } from './stream-actions.ts'

export function virtualMachineInstanceActions(ports: MachinePorts): Action[] {
  return [
    ...streamActions(ports),
    ...runActions(ports),
    ...harvesterRunActions(ports),
    ...freezeActions(ports),
    ...guestInfoActions(ports),
    ...refusedInstanceActions(ports),
    logAction(ports),
    ...imageActions(ports),
  ]
}

/** Harvester asks them of the virtual machine; they are done to its instance all the same. */
function harvesterRunActions(ports: MachinePorts): Action[] {
  return runActions(ports)
    .filter(({ action }) => ['pause', 'unpause', 'softreboot'].includes(action))
    .map((each) => harvesterAction(each.action, (call) => each.run(call)))
}
