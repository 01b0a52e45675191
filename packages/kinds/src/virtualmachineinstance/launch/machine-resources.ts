// What a scheduler would count: memory, huge pages, CPUs, and resources that a device plugin would offer. Pure.

import type { VirtualMachineInstance } from '@sheaf/api'
import { milliOf } from '@sheaf/api/meta'
import type { Capabilities } from '@sheaf/qemu'
import { hugepageBytesOf, memoryBytesOf, promisedBytesOf } from './machine-memory.ts'

type Domain = VirtualMachineInstance['spec']['domain']

export interface Insufficient {
  /** By Kubernetes' name. */
  name: string
  /** How much is asked for and there, and what would mend it. */
  detail: string
}

const mebibyte = 1024 * 1024

export function insufficientResources(domain: Domain, host: Capabilities): Insufficient[] {
  return [...memory(domain, host), ...hugepages(domain, host), ...processors(domain, host), ...others(domain)]
}

function memory(domain: Domain, { memoryBytes }: Capabilities): Insufficient[] {
  return promisedBytesOf(domain) <= memoryBytes ? [] : [insufficientMemory(domain)]
}

/** How much there is changes with every look, and each would be news. */
export function insufficientMemory(domain: Domain): Insufficient {
  const wanted = Math.ceil(promisedBytesOf(domain) / mebibyte)
  return { name: 'memory', detail: `The guest needs ${wanted}Mi, more than this machine has left for guests.` }
}

function hugepages(domain: Domain, host: Capabilities): Insufficient[] {
  const size = hugepageBytesOf(domain)
  if (size === undefined) return []
  const wanted = Math.ceil(memoryBytesOf(domain) / size)
  const { free, total } = host.hugepages.get(size) ?? { free: 0, total: 0 }
  if (wanted <= free) return []
  const name = `hugepages-${domain.memory?.hugepages?.pageSize}`
  if (!host.hugepages.has(size)) {
    const sizes = [...host.hugepages.keys()].map((each) => `${each / 1024}Ki`).join(', ') || 'none'
    return [{ name, detail: `The kernel has no pages of this size; it has: ${sizes}.` }]
  }
  const mend = `echo ${total + wanted - free} > /sys/kernel/mm/hugepages/hugepages-${size / 1024}kB/nr_hugepages`
  const line = size === 2 * mebibyte ? `sysctl -w vm.nr_hugepages=${total + wanted - free}` : mend
  return [{ name, detail: `The guest needs ${wanted} pages and ${free} are free; as root: ${line}` }]
}

function processors({ resources }: Domain, host: Capabilities): Insufficient[] {
  const wanted = milliOf(resources?.requests?.['cpu'] ?? 0) ?? 0
  if (wanted <= host.processors * 1000) return []
  return [{ name: 'cpu', detail: `${wanted / 1000} CPUs are requested and this machine has ${host.processors}.` }]
}

/** What is counted above, what is KubeVirt's own, and what nothing here counts. */
const known = /^(cpu|memory|ephemeral-storage|hugepages-.*|devices\.kubevirt\.io\/.*)$/

/** Offered by device plugins, of which there are none here. */
function others({ resources }: Domain): Insufficient[] {
  const names = new Set([...Object.keys(resources?.requests ?? {}), ...Object.keys(resources?.limits ?? {})])
  return [...names].filter((name) => !known.test(name)).map((name) => ({ name, detail: `Nothing here offers ${name}.` }))
}
