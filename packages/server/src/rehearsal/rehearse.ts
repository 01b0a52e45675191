// A whole control plane of this release over a copy of a store and simulated machines: what it could not read or would refuse,
// what its migrations would change, and whether it would leave alone what runs. It opens no port and touches nothing but its folder.

import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import {
  type JournalRecord,
  migrateForward,
  type MigrationJournal,
  type MigrationRunReport,
  migrations,
  schemas,
  type VirtualMachine,
  virtualMachineDefinition,
  type VirtualMachineInstance,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import { type Client, createClient } from '@sheaf/api/client'
import { keyOf, keyText } from '@sheaf/api/meta'
import {
  definitionRole,
  ensureDefaultAccess,
  ensureNamespaces,
  ensurePriorityClasses,
  isAtRest,
  localImages,
  namespaceRole,
} from '@sheaf/kinds'
import { createApiServer } from '@sheaf/machinery/apiserver'
import { errorChain, type Log } from '@sheaf/machinery/controller'
import { openDiskStore, type Store, StoreFull, StoreUnreadable } from '@sheaf/machinery/store'
import { SimulatedWorld } from '@sheaf/qemu'
import { startControllers } from '../controllers.ts'
import { hostFacts } from '../host.ts'
import { ownVersion } from '../release/own-release.ts'
import { diskWorkerUrl } from '../disk-worker-url.ts'
import { kindsOf } from '../kinds.ts'
import { ownDoor, portsOf } from '../ports.ts'
import { kubernetesVersion } from '../version.ts'
import { chance, wallClock } from '../world.ts'
import { newAccountKey } from '../authentication/access-keys.ts'
import { checkObjects, visitor } from './check-objects.ts'
import { comeToRest } from './come-to-rest.ts'
import { problemList, type RehearsalReport } from './report.ts'
import { letRun, watchedHypervisor } from './standing-machines.ts'
import { stillImageStore, stillListening, stillPlatform, stillVolumeStore } from './still-installation.ts'

export interface RehearsalOptions {
  /** A copy of a store. It is not changed. */
  store: string
  /** Where it works, in a folder of its own that is gone at the end. */
  parentFolder: string
  log: Log
  signal: AbortSignal
}

type Findings = Pick<RehearsalReport, 'objects' | 'machines' | 'migration'>

/** Never throws because of what is stored or how this release takes it: that is what the report is for. */
export async function rehearse({ store: copy, parentFolder, log, signal }: RehearsalOptions): Promise<RehearsalReport> {
  const startedMs = performance.now()
  const problems = problemList()
  const folder = await mkdtemp(join(parentFolder, 'sheaf-rehearsal-'))
  let findings: Findings = { objects: 0, machines: 0, migration: undefined }
  try {
    const path = join(folder, 'store.db')
    for (const part of ['', '-wal']) if (existsSync(`${copy}${part}`)) await copyFile(`${copy}${part}`, `${path}${part}`)
    const store = await openDiskStore({ path, workerUrl: diskWorkerUrl })
    try {
      findings = await play(store, { folder, log, signal, onProblem: (text) => problems.add(text) })
    } finally {
      await store.close()
    }
  } catch (error) {
    if (error instanceof StoreFull) throw error
    problems.add(error instanceof StoreUnreadable ? error.message : troubleText(error, signal))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return {
    release: ownVersion(),
    ...problems.listed(),
    ...findings,
    tookMs: Math.round(performance.now() - startedMs),
    memoryBytes: process.resourceUsage().maxRSS * 1024,
  }
}

function troubleText(error: unknown, signal: AbortSignal): string {
  return signal.aborted ? String((signal.reason as Error).message) : `it came to an end: ${errorChain(error)}`
}

interface Stage extends Pick<RehearsalOptions, 'log' | 'signal'> {
  folder: string
  onProblem: (text: string) => void
}

async function play(store: Store, { folder, log, signal, onProblem }: Stage): Promise<Findings> {
  const resting = new Map<string, string>()
  const world = new SimulatedWorld({ clock: wallClock })
  const hypervisor = watchedHypervisor(world, (id, what) => {
    const machine = resting.get(id)
    if (machine !== undefined)
      onProblem(`the machine of ${machine} would be ${what}, though it runs and nobody has asked for that`)
  })
  const door = ownDoor()
  const images = localImages(folder, async () => undefined)
  const ports = await portsOf({
    hypervisor,
    images,
    imageStore: stillImageStore,
    volumeStore: stillVolumeStore,
    platform: stillPlatform,
    listening: () => ({ address: '127.0.0.1', port: 0, beyondLoopback: false }),
    serviceListening: stillListening,
    signing: { accountKeyPem: newAccountKey(), authorityPem: () => '', oidc: undefined },
    releaseSource: undefined,
    fetch: door.fetch,
    log,
    privateFolder: folder,
  })
  const kinds = kindsOf(ports)
  const builtIn = kinds.map(({ definition }) => definition)
  const apiServer = createApiServer({
    store,
    kinds,
    schemas,
    namespaces: namespaceRole,
    definitions: definitionRole,
    clock: wallClock,
    random: chance,
    version: kubernetesVersion(),
    readiness: [],
    storeDescription: folder,
    onInternalError: (error, { method, path }) => onProblem(`${method} ${path} failed: ${errorChain(error)}`),
  })
  door.open(apiServer)
  try {
    const objects = await checkObjects({ store, apiServer, onProblem, signal })
    const before = await instancesOf(ports.client)
    const owners = await ownersOf(ports.client)
    for (const instance of before) {
      if (instance.status?.phase === 'Running') letRun(instance, world)
      if (isAtRest(instance, owners.get(nameOf(instance)))) resting.set(instance.metadata.uid ?? '', nameOf(instance))
    }
    await ensureNamespaces(ports.client)
    await ensurePriorityClasses(ports.client)
    await ensureDefaultAccess(ports.client)
    const host = hostFacts({ dataFolder: folder, kvmIsUsable: () => false })
    const controllers = startControllers(
      { ...ports, host, builtIn: () => builtIn, resources: apiServer },
      { leadsUpgrades: false },
    )
    try {
      await raceAbort(controllers.whenSynced(), signal)
      const client = createClient({ fetch: apiServer.fetchAs(visitor), userAgent: 'sheaf-rehearsal' })
      const migration: MigrationRunReport = await migrateForward({ client, migrations, journal: memoryJournal() })
      for (const { object, why } of migration.left) log.warn({ object, why }, 'a migration would leave it as it is')
      const restless = await comeToRest(store, signal)
      if (restless !== undefined) onProblem(`the controllers do not come to rest: ${restless} is written again and again`)
      findLost(resting, await instancesOf(ports.client), onProblem)
      return { objects, machines: resting.size, migration }
    } finally {
      await controllers.stop()
    }
  } finally {
    ports.events.stop()
    apiServer.close()
    await hypervisor.release()
  }
}

/** Instances that ran must be the same ones, and run. */
function findLost(
  resting: ReadonlyMap<string, string>,
  now: readonly VirtualMachineInstance[],
  onProblem: (text: string) => void,
): void {
  const byUid = new Map(now.map((instance) => [instance.metadata.uid, instance]))
  for (const [uid, name] of resting) {
    const instance = byUid.get(uid)
    if (instance === undefined) onProblem(`the instance ${name} would be gone`)
    else if (!isAtRest(instance, undefined)) onProblem(`the instance ${name} would not go on as it runs now`)
  }
}

const nameOf = (instance: VirtualMachineInstance): string => keyText(keyOf(instance))

async function instancesOf(client: Client): Promise<VirtualMachineInstance[]> {
  return (await client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition).list()).items
}

async function ownersOf(client: Client): Promise<Map<string, VirtualMachine>> {
  const { items } = await client.resource<VirtualMachine>(virtualMachineDefinition).list()
  return new Map(items.map((vm) => [keyText(keyOf(vm)), vm]))
}

/** The store is thrown away: nothing has to be taken back. */
function memoryJournal(): MigrationJournal {
  const records: JournalRecord[] = []
  return { read: async () => records, append: async (more) => void records.push(...more) }
}

function raceAbort<T>(what: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
  return Promise.race([what, aborted])
}
