// Starts everything, in the order in which it can be undone, and ends it again without touching a guest.

import { hostname } from 'node:os'
import { eventDefinition, schemas } from '@sheaf/api'
import { createClient, type Fetch } from '@sheaf/api/client'
import {
  configMapKind,
  controllerUser,
  ensureNamespaces,
  eventKind,
  leaseKind,
  type MachinePorts,
  namespaceKind,
  namespaceRole,
  nodeKind,
  retireNode,
  secretKind,
  virtualMachineInstanceKind,
  virtualMachineKind,
} from '@sheaf/kinds'
import { type ApiServer, createApiServer } from '@sheaf/machinery/apiserver'
import { errorChain, type Log, startEventRecorder } from '@sheaf/machinery/controller'
import { acquireInstanceLock, openDiskStore } from '@sheaf/machinery/store'
import { type AcceleratorChoice, chooseAccelerator, openQemuHypervisor } from '@sheaf/qemu'
import { authenticate } from './auth.ts'
import { startControllers } from './controllers.ts'
import { ensureCredentials, kubeconfigText, writePrivately } from './credentials.ts'
import { type DataFolder, openDataFolder } from './data-folder.ts'
import { hostFacts } from './host.ts'
import { createHttpServer, listen } from './http-server.ts'
import { openImageLibrary } from './image-library.ts'
import type { ServerOptions } from './options.ts'
import { kubernetesVersion } from './version.ts'
import { chance, wallClock } from './world.ts'

export interface RunningServer {
  url: string
  kubeconfig: string
  /** Ends the control plane. Guests run on; answers how many there are. */
  stop(): Promise<number>
}

export async function serve(options: ServerOptions, log: Log): Promise<RunningServer> {
  const folder = openDataFolder(options.dataFolder)
  const lock = await acquireInstanceLock(folder.root)
  const undo: (() => unknown)[] = [() => lock.release()]
  try {
    return await start(options, folder, log, undo)
  } catch (error) {
    await undoAll(undo)
    throw error
  }
}

/** Latest first. One part that cannot end must not keep the others from it. */
async function undoAll(undo: (() => unknown)[]): Promise<void> {
  for (const end of undo.splice(0).toReversed())
    await Promise.resolve()
      .then(end)
      .catch(() => {})
}

async function start(options: ServerOptions, folder: DataFolder, log: Log, undo: (() => unknown)[]): Promise<RunningServer> {
  const accelerator = chosenAccelerator(options, folder, log)
  const [store, credentials, hypervisor] = await Promise.all([
    openDiskStore({
      path: folder.store,
      workerUrl: new URL(
        import.meta.url.endsWith('.ts') ? '../../machinery/src/store/disk-worker.ts' : './disk-worker.mjs',
        import.meta.url,
      ),
    }),
    ensureCredentials(folder.credentials, wallClock.now()),
    openQemuHypervisor({
      root: folder.machines,
      accelerator: accelerator.then(({ kind }) => kind),
      log: (message, error) => log.warn({ error: String(error ?? '') }, message),
    }),
  ])
  undo.push(() => store.close())
  undo.push(() => hypervisor.release())

  // The client's door is the server's own function, which needs the Kinds, which need a client: it opens last.
  let apiServer: ApiServer | undefined
  const ownFetch: Fetch = (request) => {
    if (apiServer === undefined) throw new Error('the API server is not there yet')
    return apiServer.fetchAs(controllerUser)(request)
  }
  const client = createClient({
    fetch: ownFetch,
    userAgent: 'sheaf-controller',
    onWarning: (text) => log.warn({ text }, 'our own request was warned about'),
  })
  const nodeName = hostname().toLowerCase()
  const events = startEventRecorder({
    client,
    resource: eventDefinition,
    component: 'sheaf-controller',
    host: nodeName,
    clock: wallClock,
    random: chance,
    log,
  })
  undo.push(() => events.stop())
  const ports: MachinePorts = {
    client,
    clock: wallClock,
    random: chance,
    events,
    log,
    hypervisor,
    images: openImageLibrary(folder.images),
    nodeName,
  }

  const kinds = [
    namespaceKind,
    configMapKind,
    secretKind,
    eventKind,
    leaseKind,
    nodeKind,
    virtualMachineKind(ports),
    virtualMachineInstanceKind(ports),
  ]
  const readiness = { isReady: false }
  apiServer = createApiServer({
    store,
    kinds,
    namespaces: namespaceRole,
    schemas,
    clock: wallClock,
    random: chance,
    version: kubernetesVersion(),
    readiness: [{ name: 'controllers', isHealthy: () => readiness.isReady }],
    storeDescription: folder.root,
    onInternalError: (error, request) =>
      log.error({ method: request.method, path: request.path, error: errorChain(error) }, 'a request failed'),
  })
  undo.push(() => apiServer?.close())
  const http = createHttpServer({
    apiServer,
    authenticate: (request) => authenticate(request, credentials.token),
    ...credentials,
    log,
  })
  const { url, close } = await listen(http, options.address, options.port)
  undo.push(close)
  writePrivately(folder.kubeconfig, kubeconfigText(credentials, url))

  await ensureNamespaces(client)
  const kvm = { isUsable: false }
  accelerator.then(({ kind }) => (kvm.isUsable = kind === 'kvm')).catch(() => {})
  const host = hostFacts({ dataFolder: folder.root, kvmIsUsable: () => kvm.isUsable })
  undo.push(() => retireNode(ports))
  const controllers = startControllers({ ...ports, host, resources: kinds.map(({ definition }) => definition) })
  undo.push(() => controllers.stop())
  await controllers.whenSynced()
  readiness.isReady = true
  return { url, kubeconfig: folder.kubeconfig, stop: () => stop(ports, undo) }
}

/** Chosen while everything else starts; the first launch waits for it. */
function chosenAccelerator(options: ServerOptions, folder: DataFolder, log: Log): Promise<AcceleratorChoice> {
  const force = options.accelerator === undefined ? {} : { force: options.accelerator }
  const choice = chooseAccelerator({ cacheFile: folder.accelerator, ...force })
  choice.then(
    ({ kind, reason }) => log.info({ accelerator: kind, reason }, 'accelerator chosen'),
    // Said again, with the way out, by each launch.
    (error: unknown) => log.warn({ error: errorChain(error) }, 'no accelerator could be chosen'),
  )
  return choice
}

async function stop(ports: MachinePorts, undo: (() => unknown)[]): Promise<number> {
  const machines = await ports.hypervisor.list()
  await undoAll(undo)
  return machines.filter((machine) => machine.state.kind === 'running').length
}
