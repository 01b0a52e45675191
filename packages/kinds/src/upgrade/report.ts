// What became of each machine: it ran before, it runs now, in the same process. Pure.

import type { ConfigMap, Upgrade } from '@sheaf/api'
import type { SeenGuest } from './journal.ts'
import { componentLabels, ownedBy, reportName } from './names.ts'
import type { UpgradeRecord } from './record.ts'

export interface MachineReport {
  /** `namespace/name`. */
  name: string
  ranBefore: boolean
  runsNow: boolean
  /** The process is the one from before: the guest cannot have noticed anything. */
  isSameProcess: boolean
  /** It was moved to another process while it ran: the guest is the one from before. Absent when it was not. */
  wasMoved?: true
}

export function machineReports(before: readonly SeenGuest[], now: readonly SeenGuest[]): MachineReport[] {
  const names = [...new Set([...before, ...now].map(({ name }) => name))].toSorted()
  return names.map((name) => {
    const [then, since] = [before, now].map((guests) => guests.find((guest) => guest.name === name))
    const isSameGuest = then !== undefined && then.startedAt === since?.startedAt
    const wasMoved = isSameGuest && since.earlierPids?.includes(then.pid) === true
    return {
      name,
      ranBefore: then !== undefined,
      runsNow: since !== undefined,
      isSameProcess: isSameGuest && then.pid === since.pid,
      ...(wasMoved ? { wasMoved } : {}),
    }
  })
}

/** Goes with the upgrade. */
export function reportOf(
  upgrade: Upgrade,
  { finish, opened, release, failure, guestsBefore, hostServes, migrations, moves }: UpgradeRecord,
): ConfigMap {
  const name = upgrade.metadata.name ?? ''
  const report = {
    upgrade: name,
    outcome: finish?.outcome,
    from: opened?.from,
    to: release?.version,
    ...(failure === undefined ? {} : { failure }),
    served: hostServes === undefined ? 'by the repo VM' : 'by the host',
    migrations: migrations ?? { migrations: [], changed: 0, left: [] },
    ...(moves === undefined ? {} : { moves }),
    machines: machineReports(guestsBefore, finish?.guests ?? []),
  }
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: reportName(name),
      namespace: upgrade.metadata.namespace ?? '',
      labels: componentLabels(name, 'report'),
      ownerReferences: [ownedBy(upgrade)],
    },
    data: { 'report.json': `${JSON.stringify(report, undefined, 2)}\n` },
  }
}
