// The machines of a copied store: they run as their instances say, and whoever lays hands on one is noted.

import type { VirtualMachineInstance } from '@sheaf/api'
import { findCondition } from '@sheaf/api/meta'
import { type Hypervisor, type LaunchPlan, NotRunning, type SimulatedWorld } from '@sheaf/qemu'

/** Its machine runs already when the rehearsal begins. Only who it is matters: what it is made of is never looked at again. */
export function letRun(instance: VirtualMachineInstance, world: SimulatedWorld): void {
  world.start(world.prepare(planOf(instance)))
}

function planOf({ metadata, status }: VirtualMachineInstance): LaunchPlan {
  return {
    id: metadata.uid ?? '',
    name: `${metadata.namespace ?? ''}_${metadata.name ?? ''}`,
    uuid: metadata.uid ?? '',
    machine: 'q35',
    cpu: { model: 'max', sockets: 1, cores: 1, threads: 1 },
    memoryBytes: 1024 * 1024,
    firmware: { kind: 'bios' },
    disks: [],
    interfaces: [],
    graphics: false,
    rng: false,
    panicDevice: false,
    onReboot: 'restart',
    startPaused: findCondition(status?.conditions, 'Paused')?.status === 'True',
  }
}

/**
 * Tells of everything that is done to a machine. Guests themselves cannot be asked: nobody knows what these would answer, so
 * to whoever asks they are as machines that have just ended, which makes no probe fail.
 */
export function watchedHypervisor(world: SimulatedWorld, onDeed: (id: string, what: string) => void): Hypervisor {
  const hypervisor = world.open()
  const told = <A extends unknown[], R>(what: string, act: (id: string, ...rest: A) => R) => {
    return (id: string, ...rest: A): R => {
      onDeed(id, what)
      return act(id, ...rest)
    }
  }
  const isUnknown = async (id: string): Promise<never> => {
    throw new NotRunning(id, 'nothing in it can be asked in a rehearsal')
  }
  return {
    capabilities: () => hypervisor.capabilities(),
    list: () => hypervisor.list(),
    find: (id) => hypervisor.find(id),
    launch(plan) {
      onDeed(plan.id, 'started')
      return hypervisor.launch(plan)
    },
    pressPowerButton: told('asked to shut down', (id) => hypervisor.pressPowerButton(id)),
    kill: told('ended', (id) => hypervisor.kill(id)),
    shutDownWithHost: told('shut down', (id, graceMs: number) => hypervisor.shutDownWithHost(id, graceMs)),
    reset: told('reset', (id) => hypervisor.reset(id)),
    pause: told('paused', (id) => hypervisor.pause(id)),
    resume: told('resumed', (id) => hypervisor.resume(id)),
    migrate: told('moved', (id, name: string) => hypervisor.migrate(id, name)),
    cancelMigration: (id) => hypervisor.cancelMigration(id),
    remove: told('removed', (id) => hypervisor.remove(id)),
    discardKept: (name) => hypervisor.discardKept(name),
    openSerial: isUnknown,
    openDisplay: isUnknown,
    screenshot: isUnknown,
    openPort: isUnknown,
    reachPort: isUnknown,
    askAgent: isUnknown,
    onChange: (listener) => hypervisor.onChange(listener),
    release: () => hypervisor.release(),
  }
}
