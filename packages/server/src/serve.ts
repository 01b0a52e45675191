// Starts everything, in the order in which it can be undone, and ends it again without touching a guest.

import { schemas, type User, userDefinition } from '@sheaf/api'
import {
  createDeprecatedFieldUses,
  definitionRole,
  type DeprecatedFieldUses,
  ensureDefaultAccess,
  ensureNamespaces,
  ensurePriorityClasses,
  ensureStorageClasses,
  type Listening,
  namespaceRole,
  retireNode,
  sightingsIn,
} from '@sheaf/kinds'
import { createApiServer } from '@sheaf/machinery/apiserver'
import { errorChain, type Log } from '@sheaf/machinery/controller'
import type { RequestObserver } from '@sheaf/machinery/kind'
import { copyStoreAside, openDiskStore } from '@sheaf/machinery/store'
import { type Hypervisor, httpFetch, openQemuHypervisor } from '@sheaf/qemu'
import { acceleratorOf } from './accelerator.ts'
import { type AuditLog, openAuditLog } from './audit/audit-log.ts'
import { ensureAccessKeys } from './authentication/access-keys.ts'
import { authenticator } from './authentication/authenticate.ts'
import { issuerDocuments } from './authentication/issuer-documents.ts'
import type { OidcSettings } from './authentication/oidc.ts'
import type { Signing } from './authentication/server-tokens.ts'
import { startControllers } from './controllers.ts'
import { kubeconfigText, writePrivately } from './credentials.ts'
import { type DataFolder, openDataFolder } from './data-folder.ts'
import { diskWorkerUrl } from './disk-worker-url.ts'
import { createFairShare } from './fair-share/fair-share.ts'
import { createFrontDoor } from './front-door.ts'
import { frontDoorFetch } from './front-door-fetch.ts'
import { copyPath, guestsAmong, removeRecords, writeRecord } from './hand-over/record.ts'
import { takeBackStore } from './hand-over/take-back.ts'
import { prepareTakeOver } from './hand-over/take-over.ts'
import { createWriteGate } from './hand-over/write-gate.ts'
import { type Proof, proveHealth } from './health-gate/health-gate.ts'
import { healthObserver } from './health-gate/observe.ts'
import { holdHypervisor } from './held-hypervisor.ts'
import { hostFacts, ownAddresses } from './host.ts'
import { createHttpServer, listen, showCertificate } from './http-server.ts'
import { openImageLibrary } from './image-library.ts'
import { kindsOf } from './kinds.ts'
import { lockFolder } from './lock-folder.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { isLoopback, type ServerOptions } from './options.ts'
import { openPlatform } from './platform/open-platform.ts'
import { ownDoor, portsOf } from './ports.ts'
import { openCredentials } from './renewed-credentials.ts'
import { followRequests } from './requests-in-flight.ts'
import { createTcpListening } from './tcp-listening.ts'
import type { SupervisorChannel } from './supervisor/channel.ts'
import type { Trial } from './supervisor/slots.ts'
import { kubernetesVersion } from './version.ts'
import { releaseSourceOf } from './version-discovery/release-source.ts'
import { openImageStore } from './vm-images/vm-image-store.ts'
import { createVolumeStore } from './volumes/volume-store.ts'
import { chance, wallClock } from './world.ts'

export interface Serving {
  options: ServerOptions
  log: Log
  /** Undefined: started by hand. */
  supervisor: SupervisorChannel | undefined
  /** Of this very release, which has to prove itself. */
  trial: Trial | undefined
}

export interface RunningServer {
  url: string
  kubeconfig: string
  /** Ends the control plane. Guests run on; answers how many there are. */
  stop(): Promise<number>
  /** Ends it too, and leaves what the next release takes up. */
  handOver(to: Trial): Promise<number>
  /** Whether this release, which is on trial, may stay. */
  prove(deadlineMs: number): Promise<Proof>
  /** It may: what was held is let go. */
  confirm(): void
}

/** What ends the parts that are up, in the order in which they came up. */
type Undo = (() => unknown)[]

/** A request takes milliseconds; one that waits for something outside is not waited for. */
const answerMs = 3_000

export async function serve(serving: Serving): Promise<RunningServer> {
  const folder = openDataFolder(serving.options.dataFolder)
  const lock = await lockFolder(folder.root, { waits: serving.supervisor !== undefined })
  const undo: Undo = [() => lock.release()]
  try {
    return await start(serving, folder, undo)
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

async function start({ options, log, supervisor, trial }: Serving, folder: DataFolder, undo: Undo): Promise<RunningServer> {
  const handedOver = trial === undefined ? undefined : await prepareTakeOver(folder, trial)
  if (trial === undefined) await takeBackStore(folder, supervisor?.slots().outcome, log)
  const credentials = await openCredentials({
    folder: folder.credentials,
    addresses: [...ownAddresses(options.address), ...options.hostNames],
    clock: wallClock,
    log,
  })
  undo.push(() => credentials.close())
  const platform = openPlatform({ supervisor, folder, workerUrl: diskWorkerUrl, credentials })
  const { version } = platform.installed()
  const accelerator = acceleratorOf(options, folder, log)
  const imageStore = await openImageStore({
    folder: folder.vmImages,
    fileFolders: [...options.imageFolders, ...(options.releases?.kind === 'folder' ? [options.releases.folder] : [])],
    fetch: httpFetch,
    clock: wallClock,
  })
  undo.push(() => imageStore.close())
  const [store, keys, images, machines] = await Promise.all([
    openDiskStore({ path: folder.store, workerUrl: diskWorkerUrl }),
    ensureAccessKeys(folder.credentials, wallClock.now()),
    openImageLibrary({ folder, vmImages: imageStore, registries: options.registries, clock: wallClock, log }),
    openQemuHypervisor({
      root: folder.machines,
      accelerator: accelerator.choose,
      log: (message, error) => log.warn(error === undefined ? {} : { error: errorChain(error) }, message),
    }),
  ])
  let handsOverTo: Trial | undefined
  undo.push(() => handsOverTo && copyStoreAside(folder.store, copyPath(folder, handsOverTo.id)))
  undo.push(() => store.close())
  undo.push(() => machines.release())
  undo.push(() => images.close())

  const held = holdHypervisor(machines)
  const { hypervisor } = held
  const gate = createWriteGate()
  if (trial === undefined) held.release()
  else gate.hold(handOverText(handedOver?.from, version))

  const door = ownDoor()
  const settings = { featureGates: options.featureGates, privateFolder: folder.root }
  const { accountKeyPem } = keys
  const oidc = options.oidc && (await readerOf(options.oidc, log))
  const signing = { accountKeyPem, authorityPem: () => credentials.now.authorityPem, oidc }
  const reached = { url: '' }
  const listening = (): Listening => ({
    address: options.address,
    port: Number(new URL(reached.url).port),
    beyondLoopback: !isLoopback(options.address),
  })
  const serviceListening = createTcpListening({ address: options.serviceAddress, log })
  // After the controller of services has closed their ports: who is still connected is cut off.
  undo.push(() => serviceListening.stop())
  const releaseSource = releaseSourceOf(options.releases, { releases: platform.releases, clock: wallClock })
  const volumeStore = createVolumeStore(folder.volumes)
  const given = { hypervisor, images, imageStore, volumeStore, platform, releaseSource, signing, listening, serviceListening }
  const ports = await portsOf({ ...given, fetch: door.fetch, log, ...settings })
  undo.push(() => ports.events.stop())
  undo.push(() => ports.access.stop())
  undo.push(() => ports.quotas.stop())
  const kinds = kindsOf(ports)
  const builtIn = kinds.map(({ definition }) => definition)
  const readiness = { isReady: false }
  const metrics = createMetrics()
  const uses = createDeprecatedFieldUses(ports)
  const apiServer = createApiServer({
    store,
    kinds,
    namespaces: namespaceRole,
    definitions: definitionRole,
    schemas,
    clock: wallClock,
    random: chance,
    version: kubernetesVersion(),
    readiness: [{ name: 'controllers', isHealthy: () => readiness.isReady }],
    storeDescription: folder.root,
    authorizer: ports.access,
    charge: ports.quotas.charge,
    documents: { '/metrics': metrics.answer, ...issuerDocuments(ports.tokens.publicKeys, () => reached.url) },
    observer: observerOf(metrics, uses),
    onInternalError: (error, { method, path }) => log.error({ method, path, error: errorChain(error) }, 'a request failed'),
  })
  door.open(apiServer)
  ports.access.start()
  ports.quotas.start(apiServer)
  // After the last request from outside, and while there is still a door to write through.
  undo.push(() => uses.stop())

  const inFlight = followRequests()
  const audit = options.isAudited ? auditLogOf(folder, metrics, log) : undefined
  // After the last request.
  undo.push(() => audit?.stop())
  const front = createFrontDoor({
    apiServer: { ...createFairShare(metrics).guard(gate.guard(apiServer)), attributesOf: apiServer.attributesOf },
    authenticate: authenticator({
      token: credentials.now.token,
      users: { find: (name) => ports.client.resource<User>(userDefinition).find({ namespace: '', name }) },
      tokenReaders: ports.tokens.readers,
      nowMs: wallClock.now,
    }),
    authorizer: ports.access,
    audit,
    clock: wallClock,
    random: chance,
  })
  const clientAuthorityPem = keys.clientAuthority.certificatePem
  const httpServer = createHttpServer({ door: front, ...credentials.now, clientAuthorityPem, log, inFlight })
  const { url, close } = await listen(httpServer, options.address, options.port)
  reached.url = url
  undo.push(close)
  // Watches end before their connections: a reader sees an end and no fault.
  undo.push(() => apiServer.close())
  credentials.showTo((renewed) => {
    showCertificate(httpServer, { ...renewed, clientAuthorityPem })
    writePrivately([folder.kubeconfig, kubeconfigText(renewed, url)])
  })

  await ensureNamespaces(ports.client)
  await ensurePriorityClasses(ports.client)
  await ensureStorageClasses(ports.client)
  await ensureDefaultAccess(ports.client)
  uses.start()
  const host = hostFacts({ dataFolder: folder.root, kvmIsUsable: accelerator.isKvm })
  // Whoever takes over takes up this node at once.
  undo.push(() => (handsOverTo === undefined ? retireNode(ports) : undefined))
  const controllers = startControllers({ ...ports, host, builtIn: () => builtIn, resources: apiServer }, { leadsUpgrades: true })
  undo.push(() => controllers.stop())
  // What a pass waits for will not come any more.
  undo.push(() => held.abandon())
  const collect = (): void => void undo.push(images.startCollecting(hypervisor))
  if (trial === undefined) collect()
  await controllers.whenSynced()
  readiness.isReady = true
  return {
    url,
    kubeconfig: folder.kubeconfig,
    stop: () => stop(hypervisor, undo),
    async handOver(to) {
      gate.hold(handOverText(version, to.version))
      await inFlight.whenAnswered(answerMs)
      const guests = guestsAmong(await hypervisor.list())
      writeRecord(folder, { id: to.id, from: version, to: to.version, revision: store.revision, guests })
      handsOverTo = to
      await undoAll(undo)
      return guests.length
    },
    prove(deadlineMs) {
      const ending = new AbortController()
      undo.push(() => ending.abort())
      const front = frontDoorFetch({ url, ...credentials.now })
      const heldDeeds = (): number => held.waiting
      const guestsBefore = handedOver?.guests
      const { signal } = ending
      const world = { front, inside: ports.client, hypervisor, controllers, heldDeeds, guestsBefore, signal }
      return proveHealth({ look: healthObserver(world), deadlineMs, signal })
    },
    confirm() {
      removeRecords(folder)
      held.release()
      gate.open()
      collect()
    },
  }
}

const handOverText = (from = 'the release before', to: string): string => `${from} hands the platform over to ${to}`

/** Loaded only where a provider is trusted: few need it, and it is in every process's memory. */
async function readerOf(settings: OidcSettings, log: Log): Promise<Signing['oidc']> {
  const { oidcReader } = await import('./authentication/oidc.ts')
  return oidcReader(settings, { log, nowMs: wallClock.now })
}

function auditLogOf({ audit }: DataFolder, metrics: Metrics, log: Log): AuditLog {
  return openAuditLog({ folder: audit, clock: wallClock, log, onWritten: metrics.audited, onLost: metrics.auditLost })
}

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

async function stop(hypervisor: Hypervisor, undo: Undo): Promise<number> {
  // The end does not hang on what could not be counted.
  const machines = await hypervisor.list().catch(() => [])
  await undoAll(undo)
  return machines.filter((machine) => machine.state.kind === 'running').length
}
