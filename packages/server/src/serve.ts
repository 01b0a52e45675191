// Starts everything, in the order in which it can be undone, and ends it again without touching a guest.

import { hostname } from 'node:os'
import { eventDefinition, schemas } from '@sheaf/api'
import { type ApiRequest, createClient, type Fetch } from '@sheaf/api/client'
import {
  configMapKind,
  controllerRevisionKind,
  controllerUser,
  createDeprecatedFieldUses,
  type DeprecatedFieldUses,
  deprecatedFieldUseKind,
  ensureNamespaces,
  ensurePriorityClasses,
  eventKind,
  leaseKind,
  type MachinePorts,
  namespaceKind,
  namespaceRole,
  nodeKind,
  priorityClassKind,
  retireNode,
  secretKind,
  sightingsIn,
  virtualMachineClusterInstancetypeKind,
  virtualMachineClusterPreferenceKind,
  virtualMachineInstanceKind,
  virtualMachineInstanceMigrationKind,
  virtualMachineInstancePresetKind,
  virtualMachineInstanceReplicaSetKind,
  virtualMachineInstancetypeKind,
  virtualMachineKind,
  virtualMachinePoolKind,
  virtualMachinePreferenceKind,
} from '@sheaf/kinds'
import { type ApiServer, createApiServer } from '@sheaf/machinery/apiserver'
import { errorChain, type Log, type RunningEventRecorder, startEventRecorder } from '@sheaf/machinery/controller'
import type { Kind, RequestObserver } from '@sheaf/machinery/kind'
import { acquireInstanceLock, openDiskStore } from '@sheaf/machinery/store'
import { type AcceleratorChoice, chooseAccelerator, type Hypervisor, openQemuHypervisor } from '@sheaf/qemu'
import { authenticate } from './auth.ts'
import { startControllers } from './controllers.ts'
import { ensureCredentials, kubeconfigText, writePrivately } from './credentials.ts'
import { type DataFolder, openDataFolder } from './data-folder.ts'
import { hostFacts } from './host.ts'
import { createHttpServer, listen } from './http-server.ts'
import { openImageLibrary } from './image-library.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import type { ServerOptions } from './options.ts'
import { kubernetesVersion } from './version.ts'
import { chance, wallClock } from './world.ts'

export interface RunningServer {
  url: string
  kubeconfig: string
  /** Ends the control plane. Guests run on; answers how many there are. */
  stop(): Promise<number>
}

/** What ends the parts that are up, in the order in which they came up. */
type Undo = (() => unknown)[]

export async function serve(options: ServerOptions, log: Log): Promise<RunningServer> {
  const folder = openDataFolder(options.dataFolder)
  const lock = await acquireInstanceLock(folder.root)
  const undo: Undo = [() => lock.release()]
  try {
    return await start(options, folder, log, undo)
  } catch (error) {
    await undoAll(undo)
    throw error
  }
}

/** Latest first. One part that cannot end must not keep the others from it. */
async function undoAll(undo: Undo): Promise<void> {
  for (const end of undo.splice(0).toReversed())
    await Promise.resolve()
      .then(end)
      .catch(() => {})
}

async function start(options: ServerOptions, folder: DataFolder, log: Log, undo: Undo): Promise<RunningServer> {
  const accelerator = acceleratorOf(options, folder, log)
  const [store, credentials, images, hypervisor] = await Promise.all([
    openDiskStore({ path: folder.store, workerUrl: diskWorkerUrl }),
    ensureCredentials(folder.credentials, wallClock.now()),
    openImageLibrary({ folder, registries: options.registries, clock: wallClock, log }),
    openQemuHypervisor({
      root: folder.machines,
      accelerator: accelerator.choose,
      log: (message, error) => log.warn(error === undefined ? {} : { error: errorChain(error) }, message),
    }),
  ])
  undo.push(() => store.close())
  undo.push(() => hypervisor.release())
  undo.push(() => images.close())

  const door = ownDoor()
  const settings = { featureGates: options.featureGates, privateFolder: folder.root }
  const ports = portsOf({ hypervisor, images, fetch: door.fetch, log, ...settings })
  undo.push(() => ports.events.stop())
  const kinds = kindsOf(ports)
  const readiness = { isReady: false }
  const metrics = createMetrics()
  const uses = createDeprecatedFieldUses(ports)
  const apiServer = createApiServer({
    store,
    kinds,
    namespaces: namespaceRole,
    schemas,
    clock: wallClock,
    random: chance,
    version: kubernetesVersion(),
    readiness: [{ name: 'controllers', isHealthy: () => readiness.isReady }],
    storeDescription: folder.root,
    documents: { '/metrics': metrics.answer },
    observer: observerOf(metrics, uses),
    onInternalError: (error, { method, path }) => log.error({ method, path, error: errorChain(error) }, 'a request failed'),
  })
  door.open(apiServer)
  undo.push(() => apiServer.close())
  // After the last request from outside, and while there is still a door to write through.
  undo.push(() => uses.stop())

  const front = {
    apiServer,
    authenticate: (request: Pick<ApiRequest, 'path' | 'headers'>) => authenticate(request, credentials.token),
  }
  const { url, close } = await listen(createHttpServer({ ...front, ...credentials, log }), options.address, options.port)
  undo.push(close)
  writePrivately(folder.kubeconfig, kubeconfigText(credentials, url))

  await ensureNamespaces(ports.client)
  await ensurePriorityClasses(ports.client)
  uses.start()
  const host = hostFacts({ dataFolder: folder.root, kvmIsUsable: accelerator.isKvm })
  undo.push(() => retireNode(ports))
  const controllers = startControllers({ ...ports, host, resources: kinds.map(({ definition }) => definition) })
  undo.push(() => controllers.stop())
  undo.push(images.startCollecting(hypervisor))
  await controllers.whenSynced()
  readiness.isReady = true
  return { url, kubeconfig: folder.kubeconfig, stop: () => stop(hypervisor, undo) }
}

/** Beside this file in the bundle; in its own room when run from source. */
export const diskWorkerUrl = new URL(
  import.meta.url.endsWith('.ts') ? '../../machinery/src/store/disk-worker.ts' : './disk-worker.mjs',
  import.meta.url,
)

/** The server's own function as a fetch. It needs the Kinds, which need a client, which needs it: so it opens last. */
export function ownDoor(): { fetch: Fetch; open(server: ApiServer): void } {
  let behind: Fetch = () => Promise.reject(new Error('the API server is not there yet'))
  return {
    fetch: (request) => behind(request),
    open(server) {
      behind = server.fetchAs(controllerUser)
    },
  }
}

type Given = Pick<MachinePorts, 'hypervisor' | 'images' | 'log' | 'featureGates' | 'privateFolder'> & { fetch: Fetch }

/** Every request is counted; who sends a deprecated field is named as well. */
function observerOf(metrics: Metrics, uses: DeprecatedFieldUses): RequestObserver {
  return {
    answered(request) {
      metrics.answered(request)
      for (const sighting of sightingsIn(request)) {
        metrics.deprecatedFieldSent(sighting)
        uses.record(sighting)
      }
    },
    watching: metrics.watching,
  }
}

type OwnPorts = MachinePorts & { events: RunningEventRecorder }

export function portsOf({ fetch, log, ...machines }: Given): OwnPorts {
  const nodeName = hostname().toLowerCase()
  const world = { clock: wallClock, random: chance, log }
  const client = createClient({
    fetch,
    userAgent: 'sheaf-controller',
    onWarning: (text) => log.warn({ text }, 'our own request was warned about'),
  })
  const events = startEventRecorder({
    client,
    resource: eventDefinition,
    component: 'sheaf-controller',
    host: nodeName,
    ...world,
  })
  return { ...machines, ...world, client, events, nodeName }
}

export function kindsOf(ports: MachinePorts): Kind[] {
  return [
    namespaceKind,
    configMapKind,
    secretKind,
    eventKind,
    leaseKind,
    nodeKind,
    controllerRevisionKind,
    virtualMachineInstancetypeKind,
    virtualMachineClusterInstancetypeKind,
    virtualMachinePreferenceKind,
    virtualMachineClusterPreferenceKind,
    priorityClassKind(ports),
    deprecatedFieldUseKind,
    virtualMachineKind(ports),
    virtualMachineInstanceKind(ports),
    virtualMachineInstanceReplicaSetKind(ports),
    virtualMachineInstancePresetKind,
    virtualMachineInstanceMigrationKind(ports),
    virtualMachinePoolKind(ports),
  ]
}

interface Accelerator {
  /** The first call waits for what was begun at the start; a later one, after a failure, tries anew. */
  choose: () => Promise<AcceleratorChoice['kind']>
  /** False until it is known. */
  isKvm: () => boolean
}

/** Chosen while everything else starts. */
function acceleratorOf(options: ServerOptions, folder: DataFolder, log: Log): Accelerator {
  const force = options.accelerator === undefined ? {} : { force: options.accelerator }
  let isKvm = false
  const attempt = async (): Promise<AcceleratorChoice['kind']> => {
    const { kind, reason } = await chooseAccelerator({ cacheFile: folder.accelerator, ...force })
    isKvm = kind === 'kvm'
    log.info({ accelerator: kind, reason }, 'accelerator chosen')
    return kind
  }
  let early: Promise<AcceleratorChoice['kind']> | undefined = attempt()
  // Said again, with the way out, by each launch.
  early.catch((error: unknown) => log.warn({ error: errorChain(error) }, 'no accelerator could be chosen'))
  return {
    choose() {
      const mine = early ?? attempt()
      early = undefined
      return mine
    },
    isKvm: () => isKvm,
  }
}

async function stop(hypervisor: Hypervisor, undo: Undo): Promise<number> {
  // The end does not hang on what could not be counted.
  const machines = await hypervisor.list().catch(() => [])
  await undoAll(undo)
  return machines.filter((machine) => machine.state.kind === 'running').length
}
