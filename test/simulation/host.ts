// What outlives the control plane: the clock, the store, the images, and the machines with a notebook of their starts.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { localImages, type Platform } from '@sheaf/kinds'
import { createManualClock, createSeededRandom, type ManualClock } from '@sheaf/machinery/controller'
import { openMemoryStore, type Store } from '@sheaf/machinery/store'
import { type ImageSight, type Machine, SimulatedWorld } from '@sheaf/qemu'
import type { Ground } from './control-plane.ts'
import { lifelikeCapabilities } from '../../packages/qemu/src/simulated/lifelike-capabilities.ts'

/** The image that comes and goes. */
export const imageName = 'sheaf.local/guest:latest'

/** A process of QEMU was started. It runs, or it refused at once. */
export interface Start {
  atMs: number
  outcome: 'runs' | 'refused'
}

export interface Host extends Ground {
  readonly clock: ManualClock
  imageIsThere: boolean
  /** How it stands with all images, where it is to stand otherwise. */
  imageSight: ImageSight | undefined
  /** What there is for machines, besides what is promised already. */
  /** Of the QEMU that is installed. */
  qemuVersion: string
  memoryBytes: number
  /** Names of machines (`namespace_name`) that QEMU refuses to start. */
  readonly refused: Set<string>
  /** Starts that nobody has accounted for yet, by name of machine. */
  readonly starts: Map<string, Start[]>
  /** Rules that were broken outside the API, in sentences. */
  readonly breaches: string[]
  announced: string[]
  platform?: Platform
  list(): Promise<Machine[]>
  close(): void
}

const { emulator } = lifelikeCapabilities

export function openHost(): Host {
  const clock = createManualClock()
  const store = openMemoryStore()
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-simulation-'))
  mkdirSync(join(folder, 'disk'))
  writeFileSync(join(folder, 'disk', 'disk.img'), '')
  const refused = new Set<string>()
  const starts = new Map<string, Start[]>()
  const breaches: string[] = []
  const machines: SimulatedWorld = new SimulatedWorld({
    clock,
    capabilities: () => ({
      memoryBytes: host.memoryBytes,
      ...(emulator && { emulator: { ...emulator, version: host.qemuVersion } }),
    }),
    refusal({ name, id }) {
      const twin = [...machines.machines.values()].find(
        (other) => other.plan.name === name && other.plan.id !== id && other.state.kind === 'running',
      )
      if (twin !== undefined) breaches.push(`${name} was started while its machine ${twin.plan.id} was running`)
      const outcome = refused.has(name) ? 'refused' : 'runs'
      starts.set(name, [...(starts.get(name) ?? []), { atMs: clock.now(), outcome }])
      return outcome === 'refused' ? 'simulated: QEMU refuses this machine' : undefined
    },
  })
  watchRevisions(store, breaches)
  const local = localImages(folder, async () => (host.imageIsThere ? folder : undefined))
  const host: Host = {
    clock,
    store,
    random: createSeededRandom(1),
    machines,
    imageIsThere: true,
    imageSight: undefined,
    memoryBytes: 1024 ** 4,
    qemuVersion: '7.2.0',
    images: { ...local, look: async (request) => host.imageSight ?? local.look(request) },
    refused,
    starts,
    breaches,
    announced: [],
    list: () => machines.open().list(),
    close: () => rmSync(folder, { recursive: true }),
  }
  return host
}

/** Every event has a revision of its own, above the one before, and its object says so. */
function watchRevisions(store: Store, breaches: string[]): void {
  let last = store.revision
  store.watch('', last, ({ revision, after }) => {
    if (revision !== last + 1) breaches.push(`revision ${revision} came after ${last}`)
    last = revision
    if (after !== undefined && !after.text.includes(`"resourceVersion":"${revision}"`)) {
      breaches.push(`an object of revision ${revision} says another resourceVersion`)
    }
  })
}
