// The clock and the timers of a machine, as libvirt would give them. Pure.

import type { VirtualMachineInstance } from '@sheaf/api'
import type { LaunchPlan } from '@sheaf/qemu'

type Clock = NonNullable<VirtualMachineInstance['spec']['domain']['clock']>

export function clockOf(clock: Clock | undefined): Pick<LaunchPlan, 'clock'> {
  const { hpet, pit, rtc } = clock?.timer ?? {}
  const planned: NonNullable<LaunchPlan['clock']> = {
    ...shownTime(clock),
    ...(rtc?.track === 'guest' ? { stopsWithGuest: true } : {}),
    ...(rtc?.tickPolicy === 'catchup' ? { catchesUp: true } : {}),
    ...(hpet?.present === false ? { hpet: false } : {}),
    ...(pit?.present === false ? { pit: false } : {}),
    // Catching up is what KVM's PIT does by itself.
    ...(pit?.tickPolicy === 'delay' || pit?.tickPolicy === 'discard' ? { pitTicks: pit.tickPolicy } : {}),
  }
  return Object.keys(planned).length === 0 ? {} : { clock: planned }
}

function shownTime(clock: Clock | undefined): Pick<NonNullable<LaunchPlan['clock']>, 'shows'> {
  if (clock?.timezone) return { shows: { kind: 'timezone', name: clock.timezone } }
  const offsetSeconds = clock?.utc?.offsetSeconds
  return offsetSeconds === undefined ? {} : { shows: { kind: 'utc', offsetSeconds } }
}
