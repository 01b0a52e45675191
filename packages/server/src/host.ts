// What this machine is, for its Node object: read from the operating system each time it is asked.

import { readFileSync, statfsSync } from 'node:fs'
import { availableParallelism, freemem, hostname, networkInterfaces, release, totalmem } from 'node:os'
import { dnsSubdomainFinding } from '@sheaf/api/meta'
import type { HostFacts, HostState } from '@sheaf/kinds'
import { ownVersion } from './release/own-release.ts'

export interface HostOptions {
  dataFolder: string
  kvmIsUsable: () => boolean
}

export function hostFacts(options: HostOptions): HostFacts {
  return { read: async () => readHost(options) }
}

/** Under which addresses others reach a server that listens at this one, beside the loopback. */
export function ownAddresses(address: string): string[] {
  if (address === '127.0.0.1' || address === '::1') return []
  const isEverywhere = address === '0.0.0.0' || address === '::'
  if (!isEverywhere) return [address]
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  const others = all.filter(({ internal, scopeid }) => !internal && !scopeid).map((each) => each.address)
  const name = hostname().toLowerCase()
  return [...(dnsSubdomainFinding(name) === undefined ? [name] : []), ...others]
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
