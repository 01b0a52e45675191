import type { NetworkInterface } from '@sheaf/qemu'

/** What QEMU's user-mode network gives a guest whose spec asks for no other network. */
export const usualAddress = '10.0.2.15'

export const addressOf = (networkInterface: NetworkInterface | undefined): string =>
  networkInterface?.subnet?.guest ?? usualAddress
