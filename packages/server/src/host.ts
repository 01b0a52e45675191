// What this machine is, for its Node object: read from the operating system each time it is asked.

import { readFileSync, statfsSync } from 'node:fs'
import { availableParallelism, freemem, hostname, networkInterfaces, release, totalmem } from 'node:os'
import type { HostFacts, HostState } from '@sheaf/kinds'
import { ownVersion } from './release/own-release.ts'

export interface HostOptions {
  dataFolder: string
  kvmIsUsable: () => boolean
}

export function hostFacts(options: HostOptions): HostFacts {
  return { read: async () => readHost(options) }
}

function readHost({ dataFolder, kvmIsUsable }: HostOptions): HostState {
  const disk = statfsSync(dataFolder)
  return {
    hostname: hostname(),
    addresses: Object.values(networkInterfaces()).flatMap(
      (each) => each?.filter((address) => !address.internal && address.family === 'IPv4').map((address) => address.address) ?? [],
    ),
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    memoryAvailableBytes: freemem(),
    diskBytes: disk.blocks * disk.bsize,
    diskAvailableBytes: disk.bavail * disk.bsize,
    kvmIsUsable: kvmIsUsable(),
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    kernelVersion: release(),
    osImage: osImage(),
    machineId: firstLine('/etc/machine-id'),
    systemUuid: firstLine('/sys/class/dmi/id/product_uuid'),
    bootId: firstLine('/proc/sys/kernel/random/boot_id'),
    softwareVersion: ownVersion(),
    runtimeVersion: 'qemu://',
  }
}

/** Empty where the file is absent or not ours to read. */
function firstLine(path: string): string {
  try {
    return readFileSync(path, 'utf8').split('\n')[0]?.trim() ?? ''
  } catch {
    return ''
  }
}

function osImage(): string {
  try {
    return /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? ''
  } catch {
    return ''
  }
}
