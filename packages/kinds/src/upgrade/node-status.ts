// How far the one node is, in Harvester's words. Pure.

import type { Upgrade, UpgradeNodeStatus } from '@sheaf/api'
import type { Step } from '@sheaf/upgrade'
import type { UpgradeRecord } from './record.ts'
import { isNodePaused } from './wish.ts'

export interface NodeFacts {
  upgrade: Upgrade
  record: UpgradeRecord
  step: Step
  nodeName: string
}

export function nodeStatusOf({ upgrade, record, step, nodeName }: NodeFacts): UpgradeNodeStatus {
  const { finish, failure, stations: seen } = record
  if (finish?.outcome === 'Succeeded') return { state: 'Succeeded' }
  if (failure !== undefined) return { state: 'Failed', reason: failure.reason, message: failure.message }
  // Its word for the time in which one system ends and the next one begins. Nothing is booted: guests run on.
  if (seen.switch.begunMs !== undefined) return { state: 'Waiting Reboot', message: 'the new release takes over; guests run on' }
  if (step.kind === 'hold' && step.before === 'switch' && isNodePaused(upgrade, nodeName))
    return {
      state: 'Node-upgrade paused',
      reason: 'AdministrativelyPaused',
      message: `the annotation harvesterhci.io/node-upgrade-pause-map asks for it: set ${nodeName} to unpause to go on`,
    }
  return { state: seen.payload.doneMs === undefined ? 'Images preloading' : 'Images preloaded' }
}
