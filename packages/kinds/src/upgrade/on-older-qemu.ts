// Which guests an older QEMU runs than the one that is installed: it was replaced while they ran.

import { compareVersions, type Machine, type RunningState } from '@sheaf/qemu'
import type { MachinePorts } from '../ports.ts'

export interface OlderMachine {
  id: string
  /** `namespace/name`. */
  name: string
  qemuVersion: string
}

/** Empty also when it cannot be told what is installed. */
export async function machinesOnOlderQemu({ hypervisor }: Pick<MachinePorts, 'hypervisor'>): Promise<OlderMachine[]> {
  const [machines, { emulator }] = await Promise.all([hypervisor.list(), hypervisor.capabilities()])
  if (emulator === undefined) return []
  return machines
    .flatMap(({ id, plan, state }) => {
      const qemuVersion = runningOf(state)?.qemuVersion
      if (qemuVersion === undefined || compareVersions(qemuVersion, emulator.version) >= 0) return []
      return [{ id, name: plan.name.replace('_', '/'), qemuVersion }]
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

const runningOf = (state: Machine['state']): RunningState | undefined => (state.kind === 'running' ? state : undefined)
