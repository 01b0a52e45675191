// Which port of the guest a probe means: a number, or the name under which an interface declares it.

import type { VirtualMachineInstance } from '@sheaf/api'

/** Undefined when no interface declares a port of this name, or when it is no port. */
export function probePortOf(port: string | number, { spec }: VirtualMachineInstance): number | undefined {
  const declared = (spec.domain.devices.interfaces ?? []).flatMap((each) => each.ports ?? [])
  const named = typeof port === 'string' ? declared.find(({ name }) => name === port)?.port : undefined
  const number = named ?? Number(port)
  return Number.isInteger(number) && number >= 1 && number <= 65_535 ? number : undefined
}
