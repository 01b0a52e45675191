// KubeVirt's density test: 100 virtual machines, one each 100 ms. How long from each one's creation until its instance
// runs, how many writes that takes, and whether nothing is left of them when they are deleted.

import { setTimeout as pause } from 'node:timers/promises'
import {
  type VirtualMachine,
  virtualMachineDefinition,
  type VirtualMachineInstance,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import { eventually } from '../test/kit/eventually.ts'
import { emptyMachine, key } from '../test/kit/virtual-machines.ts'
import type { Figure } from './figure.ts'
import { percentile } from './percentile.ts'
import { openQemuPlatform, openSimulatedPlatform, type Platform, remains } from './platforms.ts'
import { countRevisions, type RevisionCount } from './revision-count.ts'

const machines = 100
const names = Array.from({ length: machines }, (_, index) => `dense-${index}`)
const spacingMs = 100
/** KubeVirt's own limit for its test. */
const deadlineMs = 300_000
/** Whoever still has something to write after all run does so by then, and is counted. */
const settleMs = 2_000

/** Read off the graphs that KubeVirt publishes of its weekly runs (docs/perf-scale-benchmarks.md, v1.8). */
const kubevirtMs = { 50: 16_000, 95: 26_000 }
/** KubeVirt needs 5.5 for an instance; docs/spec says what ours are. */
const mostUpdates = { VMI: 4, VM: 4 }

interface Measurement {
  platform: string
  tookMs: number[]
  /** Of one object, on average. */
  updates: Record<'VMI' | 'VM', number>
}

export async function density(): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const open of [openQemuPlatform, openSimulatedPlatform]) {
    const platform = await open()
    try {
      figures.push(...figuresOf(await measure(platform)))
    } finally {
      await platform.dispose()
    }
  }
  return figures
}

async function measure(platform: Platform): Promise<Measurement> {
  const { client } = platform
  const vms = await countRevisions<VirtualMachine>(
    client,
    virtualMachineDefinition,
    ({ status }) => status?.printableStatus === 'Running',
  )
  const instances = await countRevisions<VirtualMachineInstance>(
    client,
    virtualMachineInstanceDefinition,
    ({ status }) => status?.phase === 'Running',
  )
  const createdAtMs = await createAll(platform)
  const allRun = () => [vms, instances].every((count) => count.runningCount() === machines)
  await eventually('all to run', allRun, deadlineMs)
  await pause(settleMs)
  await Promise.all([vms.stop(), instances.stop()])
  await deleteAll(platform)
  return {
    platform: platform.name,
    tookMs: [...createdAtMs].map(([name, atMs]) => (instances.seen.get(name)?.runningAtMs ?? Number.NaN) - atMs),
    updates: { VMI: meanUpdates(instances), VM: meanUpdates(vms) },
  }
}

const meanUpdates = ({ seen }: RevisionCount): number => seen.values().reduce((sum, { updates }) => sum + updates, 0) / machines

/** When each was sent: what the server takes to admit it counts. None waits for the one before. */
async function createAll({ client }: Platform): Promise<Map<string, number>> {
  const vms = client.resource<VirtualMachine>(virtualMachineDefinition)
  const createdAtMs = new Map<string, number>()
  const create = async (name: string, index: number): Promise<void> => {
    await pause(index * spacingMs)
    createdAtMs.set(name, performance.now())
    await vms.create(emptyMachine(name, 'Always'))
  }
  await Promise.all(names.map(create))
  return createdAtMs
}

async function deleteAll(platform: Platform): Promise<void> {
  const vms = platform.client.resource<VirtualMachine>(virtualMachineDefinition)
  await Promise.all(names.map((name) => vms.delete(key(name))))
  let left: string[] = []
  const isEmpty = async () => (left = await remains(platform)).length === 0
  await eventually('nothing to be left', isEmpty, deadlineMs).catch((cause: unknown) => {
    throw new Error(`deleting all machines leaves ${left.join(', ')}`, { cause })
  })
}

function figuresOf({ platform, tookMs, updates }: Measurement): Figure[] {
  const times = ([50, 95] as const).map((percent): Figure => {
    const took = percentile(tookMs, percent)
    return {
      what: `creation to Running, P${percent} of ${machines} VMs (${platform})`,
      measured: `${took.toFixed(0)} ms`,
      against: `${kubevirtMs[percent]} ms of KubeVirt`,
      ratio: took / kubevirtMs[percent],
      most: 1,
    }
  })
  const writes = (['VMI', 'VM'] as const).map(
    (noun): Figure => ({
      what: `updates of a ${noun} from its creation on (${platform})`,
      measured: updates[noun].toFixed(2),
      against: `${mostUpdates[noun]}`,
      ratio: updates[noun] / mostUpdates[noun],
      most: 1,
    }),
  )
  return [...times, ...writes]
}
