// What a migration is called and how far it is.

import type { VirtualMachineInstanceMigration } from '@sheaf/api'

/** KubeVirt's names. */
export const vmiNameLabel = 'kubevirt.io/vmi-name'
export const migrationFinalizer = 'kubevirt.io/migrationJobFinalize'

export type Phase =
  | 'Pending'
  | 'Scheduling'
  | 'Scheduled'
  | 'PreparingTarget'
  | 'TargetReady'
  | 'Running'
  | 'Succeeded'
  | 'Failed'

export const isOver = ({ status }: VirtualMachineInstanceMigration): boolean =>
  status?.phase === 'Succeeded' || status?.phase === 'Failed'
