// A host that has what machines usually ask for.

import type { Capabilities } from '../capabilities.ts'

const gibibyte = 1024 ** 3

export const lifelikeCapabilities: Capabilities = {
  emulator: {
    version: '7.2.0',
    accelerator: 'kvm',
    processorModels: new Map([
      ['qemu64', []],
      ['max', []],
      ['Haswell', []],
      ['Skylake-Server', ['avx512f']],
    ]),
    processorFeatures: new Map([
      ['apic', true],
      ['pcid', true],
      ['vmx', true],
      ['invtsc', true],
      ['svm', false],
    ]),
    machineTypes: new Set(['q35', 'pc-q35-7.2', 'microvm']),
    devices: new Set(['virtio-net-pci', 'e1000', 'e1000e', 'rtl8139', 'ne2k_pci', 'pcnet']),
  },
  processors: 16,
  hasTpmEmulator: true,
  hugepages: new Map([[2 * 1024 * 1024, { total: 0, free: 0 }]]),
  memoryBytes: 1024 * gibibyte,
}
