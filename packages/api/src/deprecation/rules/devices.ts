// Devices that KubeVirt no longer has.

import type { DeprecationRule } from '../deprecation-rule.ts'
import { instanceSpecs } from '../machine-places.ts'

const binding = (name: string, says: string, replacement: string, next: string, explain: string) =>
  ({
    id: `${name}-binding`,
    places: instanceSpecs,
    path: ['domain', 'devices', 'interfaces', '*', name],
    severity: 'refused',
    since: 'v1.3',
    replacement,
    says,
    rewrite: { certainty: 'ask', next },
    explain,
  }) satisfies DeprecationRule

export const slirpRule = binding(
  'slirp',
  'Slirp interface support has been discontinued since v1.3',
  'masquerade, or passtBinding',
  'Write masquerade: {} on the pod network, or passtBinding: {} where the guest must see the address of the pod.',
  'Slirp was slow and unmaintained. The bindings that replace it give the guest other addresses, so somebody has to choose.',
)

export const macvtapRule = binding(
  'macvtap',
  'Macvtap network binding has been discontinued since v1.3',
  'the network binding plugin macvtap',
  'Register the macvtap plugin in the KubeVirt resource, then write binding: {name: macvtap}.',
  'The binding moved out of the core into a plugin, which the administrator of the cluster registers under a name.',
)

export const passtRule = binding(
  'passt',
  'Passt network binding has been discontinued since v1.3',
  'passtBinding, or the network binding plugin passt',
  'Write passtBinding: {} if your KubeVirt has it, else register the passt plugin and write binding: {name: passt}.',
  'The experimental binding became a plugin and later a binding of its own with another name.',
)

export const floppyRule: DeprecationRule = {
  id: 'floppy-disk',
  places: instanceSpecs,
  path: ['domain', 'devices', 'disks', '*', 'floppy'],
  severity: 'refused',
  since: 'v0.48',
  replacement: 'cdrom, or disk',
  rewrite: { certainty: 'ask', next: 'Offer the same volume as cdrom: {bus: sata}, or as disk: {bus: virtio}.' },
  explain: 'The schema no longer knows floppy drives. Installers that wanted drivers on one find them on a CD-ROM.',
}
