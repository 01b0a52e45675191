import type { HostState } from './host-facts.ts'

export const host: HostState = {
  hostname: 'attic',
  addresses: ['192.0.2.7', '2001:db8::7'],
  cpus: 8,
  memoryBytes: 16 * 2 ** 30,
  memoryAvailableBytes: 8 * 2 ** 30,
  diskBytes: 500 * 2 ** 30,
  diskAvailableBytes: 300 * 2 ** 30,
  kvmIsUsable: true,
  architecture: 'amd64',
  kernelVersion: '6.12.0',
  osImage: 'Debian GNU/Linux 13 (trixie)',
  machineId: 'machine',
  systemUuid: 'system',
  bootId: 'boot',
  softwareVersion: 'v0.1.0',
  runtimeVersion: 'qemu://10.0.2',
}
