// What people see, point at and hear.

import type { LaunchPlan } from '../launch-plan.ts'
import { fileNames } from '../state-files.ts'
import { option } from './option.ts'

export function usbArguments(plan: LaunchPlan): string[] {
  const isNeeded = tabletsOf(plan).includes('usb') || plan.disks.some((disk) => disk.bus === 'usb')
  return isNeeded ? ['-device', option('qemu-xhci', { id: 'usb' })] : []
}

export function displayArguments(plan: LaunchPlan): string[] {
  const screen = plan.graphics ? ['-device', adapter(plan)] : []
  const tablets = tabletsOf(plan).flatMap((bus) => [
    '-device',
    bus === 'usb' ? option('usb-tablet', { bus: 'usb.0' }) : 'virtio-tablet-pci',
  ])
  const viewer = plan.graphics ? ['-vnc', `unix:${fileNames.vncSocket}`] : []
  return ['-display', 'none', ...screen, ...tablets, ...viewer, ...sound(plan)]
}

/** A tablet tells absolute positions, without which a pointer in a remote console runs away from the mouse. */
function tabletsOf(plan: LaunchPlan): readonly ('usb' | 'virtio')[] {
  return plan.tablets ?? (plan.graphics ? ['usb'] : [])
}

function adapter({ firmware, video }: LaunchPlan): string {
  switch (video ?? (firmware.kind === 'uefi' ? 'bochs' : 'vga')) {
    case 'vga':
      return option('VGA', { vgamem_mb: 16 })
    case 'cirrus':
      return 'cirrus-vga'
    case 'virtio':
      return 'virtio-vga'
    case 'ramfb':
      return 'ramfb'
    case 'bochs':
      return 'bochs-display'
  }
}

/** Nobody hears it: a guest finds the device that its programs want. */
function sound({ sound: model }: LaunchPlan): string[] {
  if (model === undefined) return []
  const silence = ['-audiodev', option('none', { id: 'audio' })]
  if (model === 'ac97') return [...silence, '-device', option('AC97', { audiodev: 'audio' })]
  return [...silence, '-device', 'ich9-intel-hda', '-device', option('hda-duplex', { audiodev: 'audio' })]
}
