// The board of a machine: its type, processors, memory and clock, and what ends it.

import type { LaunchPlan } from '../launch-plan.ts'
import { localTime } from '../local-time.ts'
import { option } from './option.ts'

/** What the board must know of this host and this launch. */
export interface BoardSite {
  accelerator: 'kvm' | 'tcg'
  /** When the machine starts. Needed by a plan whose clock does not show UTC. */
  startsAt?: Date
}

/** Translated code is kept in this many MiB; QEMU's own default takes up to a gigabyte for each machine. */
const tcgCacheMiB = 64

/**
 * The machine always starts stopped: it may run only when somebody listens and the start is on record.
 * It never leaves by itself: an ended guest waits, paused, until somebody has asked it why.
 */
export function boardArguments(plan: LaunchPlan, site: BoardSite): string[] {
  const { sockets, cores, threads } = plan.cpu
  return [
    '-machine',
    machineType(plan),
    '-accel',
    site.accelerator === 'kvm' ? 'kvm' : option('tcg', { 'tb-size': tcgCacheMiB }),
    '-cpu',
    processor(plan, site),
    '-smp',
    option('', { cpus: sockets * cores * threads, sockets, cores, threads }),
    ...memory(plan),
    '-rtc',
    realTimeClock(plan, site),
    ...pitTicks(plan, site),
    '-action',
    option('', {
      shutdown: 'pause',
      panic: 'pause',
      reboot: plan.onReboot === 'terminate' ? 'shutdown' : 'reset',
      // Powered off by QEMU itself it would be gone without a word.
      watchdog: plan.watchdog?.action === 'poweroff' ? 'pause' : plan.watchdog?.action,
    }),
    '-S',
  ]
}

function machineType(plan: LaunchPlan): string {
  const backend = plan.hugepageBytes === undefined ? undefined : 'ram'
  if (plan.machine === 'microvm') return option('microvm', { acpi: true, rtc: true, 'memory-backend': backend })
  const isSecure = plan.firmware.kind === 'uefi' && plan.firmware.secureBoot
  return option(plan.machineType ?? 'q35', {
    vmport: false,
    smm: isSecure ? true : plan.smm,
    acpi: plan.acpi,
    hpet: plan.clock?.hpet,
    pit: plan.clock?.pit,
    // Without graphics SeaBIOS talks over the serial console.
    graphics: plan.firmware.kind === 'bios' && plan.firmware.usesSerial === true ? false : undefined,
    'memory-backend': backend,
  })
}

function processor({ cpu }: LaunchPlan, { accelerator }: BoardSite): string {
  // Under emulation there is no host processor to pass on; `max` is what comes nearest.
  return option(accelerator === 'tcg' && cpu.model === 'host' ? 'max' : cpu.model, cpu.settings)
}

function memory({ memoryBytes, hugepageBytes }: LaunchPlan): string[] {
  const size = `${Math.floor(memoryBytes / 1024)}k`
  if (hugepageBytes === undefined) return ['-m', option('', { size })]
  // All pages are taken at the start: a guest that finds none left later on is killed by the kernel.
  const backend = { id: 'ram', size, hugetlb: true, hugetlbsize: `${hugepageBytes / 1024}k`, prealloc: true, share: false }
  return ['-m', option('', { size }), '-object', option('memory-backend-memfd', backend)]
}

function realTimeClock({ clock = {} }: LaunchPlan, { startsAt }: BoardSite): string {
  return option('', {
    base: clockAtStart(clock.shows, startsAt),
    clock: clock.stopsWithGuest ? 'vm' : undefined,
    driftfix: clock.catchesUp ? 'slew' : undefined,
  })
}

function clockAtStart(shows: NonNullable<LaunchPlan['clock']>['shows'], startsAt: Date | undefined): string {
  if (shows === undefined || (shows.kind === 'utc' && shows.offsetSeconds === 0)) return 'utc'
  if (startsAt === undefined)
    throw new Error('the clock of the plan shows another time than UTC, and the site does not tell the time')
  return shows.kind === 'utc'
    ? new Date(startsAt.getTime() + shows.offsetSeconds * 1000).toISOString().slice(0, 19)
    : localTime(startsAt, shows.name)
}

/** Emulation delays them, and can do nothing else. */
function pitTicks({ clock }: LaunchPlan, { accelerator }: BoardSite): string[] {
  if (clock?.pitTicks === undefined || accelerator === 'tcg') return []
  return ['-global', `kvm-pit.lost_tick_policy=${clock.pitTicks}`]
}
