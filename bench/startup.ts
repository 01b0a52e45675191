// `sheaf serve` with 1,000 stored machines: time to /readyz, and resident memory then and after it has settled.

import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { type VirtualMachine, virtualMachineDefinition } from '@sheaf/api'
import { startServerProcess } from '../test/kit/server-process.ts'
import type { Figure } from './figure.ts'
import { demoManifest } from './manifests.ts'
import { median } from './median.ts'

const machines = 1_000
const writers = 16
const rounds = 5
const readyLimitMs = 1_000
const memoryLimitMb = 150
/** Reconciling a thousand machines takes a moment; after that nothing moves. */
const settleMs = 3_000

export async function startup(): Promise<Figure[]> {
  const server = await startServerProcess()
  try {
    const vms = server.client.resource<VirtualMachine>(virtualMachineDefinition)
    await fill((vm) => vms.create(vm))
    const readyMs: number[] = []
    const memoryMb: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      await server.kill('SIGKILL')
      const started = performance.now()
      await server.start()
      readyMs.push(performance.now() - started)
      await pause(settleMs)
      memoryMb.push(residentMb(server.pid))
    }
    return [
      {
        what: `sheaf serve to /readyz with ${machines} stored VMs`,
        measured: `${median(readyMs).toFixed(0)} ms`,
        against: `${readyLimitMs} ms`,
        ratio: median(readyMs) / readyLimitMs,
        most: 1,
      },
      {
        what: `resident memory with ${machines} stored VMs`,
        measured: `${median(memoryMb).toFixed(0)} MB`,
        against: `${memoryLimitMb} MB`,
        ratio: median(memoryMb) / memoryLimitMb,
        most: 1,
      },
    ]
  } finally {
    await server.dispose()
  }
}

async function fill(create: (vm: VirtualMachine) => Promise<VirtualMachine>): Promise<void> {
  let next = 0
  const work = async (): Promise<void> => {
    while (next < machines) {
      next += 1
      await create(demoManifest({ name: `vm-${next}`, runStrategy: 'Halted' }))
    }
  }
  await Promise.all(Array.from({ length: writers }, work))
}

function residentMb(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return (Number(kilobytes) * 1024) / 1e6
}
