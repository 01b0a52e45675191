import { invalid, type SpecRule, when } from './rule.ts'

/** Disks and interfaces share one order, and no place in it is taken twice. */
export const validateBootOrder: SpecRule = (path, { domain }) => {
  const { disks = [], interfaces = [] } = domain.devices
  const devices = [
    ...disks.map(({ bootOrder }, index) => ({ bootOrder, at: `${path}.domain.devices.disks[${index}]` })),
    ...interfaces.map(({ bootOrder }, index) => ({ bootOrder, at: `${path}.domain.devices.interfaces[${index}]` })),
  ]
  const taken = new Set<number>()
  return devices.flatMap(({ at, bootOrder }, index) => {
    if (bootOrder === undefined) return []
    const isTaken = taken.has(bootOrder)
    taken.add(bootOrder)
    const field = `${at}.bootOrder`
    return [
      // Disks are told by their own rules.
      ...when(bootOrder < 1 && index >= disks.length, () => invalid(field, `${at} must have a boot order > 0, if supplied`)),
      ...when(bootOrder >= 1 && isTaken, () => invalid(field, `Boot order for ${field} already set for a different device.`)),
    ]
  })
}
