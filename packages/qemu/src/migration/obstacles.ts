// Why a machine cannot be moved, as far as that can be known before anything is begun. Pure.

import type { EmulatorCapabilities } from '../capabilities.ts'
import type { LaunchPlan } from '../launch-plan.ts'
import { compareVersions } from './versions.ts'
import { type MigrationObstacle, MigrationRefused } from './migration.ts'

export interface Obstacle {
  obstacle: MigrationObstacle
  message: string
}

/** What the plan alone tells: as long as it is so, no move of this machine can succeed. */
export function planObstacle({ tpm }: Pick<LaunchPlan, 'tpm'>): Obstacle | undefined {
  if (tpm === undefined) return undefined
  return {
    obstacle: 'Tpm',
    message:
      'its TPM keeps its memory in a process that cannot be handed over while the guest runs: shut it down and start it anew',
  }
}

export interface MoveFacts {
  plan: LaunchPlan
  /** The QEMU that runs it. */
  fromVersion: string
  /** What QEMU calls the machine that it runs, without the alias of the plan: `pc-q35-7.2`. */
  machineType: string
  /** What is installed. */
  emulator: EmulatorCapabilities
  hugepages: ReadonlyMap<number, { total: number; free: number }>
  failedDisks: readonly { name: string }[]
  /** What QEMU itself says. */
  blockers: readonly string[]
}

/** Throws MigrationRefused. */
export function assertMovable(facts: MoveFacts): void {
  const found = obstacleTo(facts)
  if (found !== undefined)
    throw new MigrationRefused(found.obstacle, `machine ${facts.plan.id} cannot be moved: ${found.message}`)
}

export function obstacleTo(facts: MoveFacts): Obstacle | undefined {
  const { plan, fromVersion, machineType, emulator, failedDisks, blockers } = facts
  const byPlan = planObstacle(plan)
  if (byPlan !== undefined) return byPlan
  if (compareVersions(emulator.version, fromVersion) < 0)
    return {
      obstacle: 'OlderQemu',
      message: `it runs on QEMU ${fromVersion} and ${emulator.version} is installed, which may not know all that it has: install ${fromVersion} or newer`,
    }
  if (plan.machine === 'microvm' && emulator.version !== fromVersion)
    return {
      obstacle: 'Unversioned',
      message: `a microvm is another machine with each version of QEMU, and it runs on ${fromVersion} while ${emulator.version} is installed: shut it down and start it anew`,
    }
  if (!emulator.machineTypes.has(machineType))
    return {
      obstacle: 'MachineType',
      message: `QEMU ${emulator.version} does not know its machine type ${machineType} any more: shut it down and start it anew`,
    }
  const failed = failedDisks.map(({ name }) => name)
  if (failed.length > 0)
    return {
      obstacle: 'DiskFailed',
      message: `it is paused because of its disks ${failed.join(', ')}: mend that, and resume it first`,
    }
  return hugepageObstacle(facts) ?? blockerObstacle(blockers)
}

/** Both processes hold the guest's memory while it is copied. */
function hugepageObstacle({ plan, hugepages }: MoveFacts): Obstacle | undefined {
  if (plan.hugepageBytes === undefined) return undefined
  const free = hugepages.get(plan.hugepageBytes)?.free ?? 0
  const needed = Math.ceil(plan.memoryBytes / plan.hugepageBytes)
  if (free >= needed) return undefined
  return {
    obstacle: 'Hugepages',
    message: `its memory is needed twice for a moment, and of ${needed} huge pages of ${plan.hugepageBytes / 1024} KiB ${free} are free: raise vm.nr_hugepages`,
  }
}

function blockerObstacle(blockers: readonly string[]): Obstacle | undefined {
  return blockers.length === 0 ? undefined : { obstacle: 'QemuRefuses', message: `QEMU says: ${blockers.join('; ')}` }
}
