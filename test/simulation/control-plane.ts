// One life of the control plane: the real API server and the real controllers over a host that outlives them. It can
// die at any of its effects, a write or something done to a machine, right before it or right after it.

import {
  type PersistentVolumeClaim,
  persistentVolumeClaimDefinition,
  schemas,
  type VirtualMachine,
  virtualMachineDefinition,
  type Namespace,
  namespaceDefinition,
  type VirtualMachineInstance,
  virtualMachineImageDefinition,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import { type ApiRequest, type ApiResponse, type Client, createClient, type Fetch } from '@sheaf/api/client'
import type { Clock, ObjectKey, Random } from '@sheaf/api/meta'
import {
  configMapKind,
  controllerRevisionKind,
  controllerUser,
  deprecatedFieldUseKind,
  ensureNamespaces,
  ensurePriorityClasses,
  type ImageLibrary,
  type MachinePorts,
  limitRangeKind,
  namespaceKind,
  namespaceRole,
  nodeKind,
  persistentVolumeClaimKind,
  persistentVolumeKind,
  type Platform,
  priorityClassKind,
  releaseActions,
  secretKind,
  type ServedResources,
  serviceKind,
  storageClassKind,
  startGarbageCollector,
  startMigrationController,
  startNamespaceController,
  startPoolController,
  startReplicaSetController,
  startUpgradeController,
  startVirtualMachineController,
  startVirtualMachineInstanceController,
  upgradeKind,
  upgradeLogKind,
  type UpgradePorts,
  versionKind,
  virtualMachineClusterInstancetypeKind,
  virtualMachineClusterPreferenceKind,
  virtualMachineImageKind,
  virtualMachineInstanceKind,
  virtualMachineInstanceMigrationKind,
  virtualMachineInstancePresetKind,
  virtualMachineInstanceReplicaSetKind,
  virtualMachineInstancetypeKind,
  virtualMachineKind,
  virtualMachinePoolKind,
  virtualMachinePreferenceKind,
} from '@sheaf/kinds'
import { createApiServer } from '@sheaf/machinery/apiserver'
import { type ControllerSnapshot, errorChain, type Log, startInformer } from '@sheaf/machinery/controller'
import type { Kind, UserInfo } from '@sheaf/machinery/kind'
import type { Store } from '@sheaf/machinery/store'
import type { Hypervisor, SimulatedWorld } from '@sheaf/qemu'
import { emptyImageStore } from '../../packages/kinds/src/virtualmachineimage/empty-image-store.fixture.ts'

const user: UserInfo = { username: 'somebody', groups: ['system:masters', 'system:authenticated'] }

const version = {
  major: '1',
  minor: '34',
  gitVersion: 'v1.34.0',
  gitCommit: '',
  gitTreeState: '',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: '',
}

export interface Death {
  /** It dies at the n-th effect from now; 0 is the next. */
  effect: number
  moment: 'before' | 'after'
}

export interface ControlPlane {
  /** As a user's program speaks to it. */
  readonly client: Client
  readonly fetch: Fetch
  readonly isDead: boolean
  /** What the log says that somebody should have a look at, and warnings about our own requests. */
  readonly complaints: string[]
  dieAt(death: Death): void
  /** Everybody looks again at these. */
  enqueue(keys: readonly ObjectKey[]): void
  /** Whether anybody has anything to do before time goes on. */
  isBusy(): boolean
  /** Requests and effects so far. */
  readonly activity: number
  /** As when its process is killed: what is under way gets no further. */
  kill(): void
}

/** What it stands on, and what outlives it. */
export interface Ground {
  readonly clock: Clock
  readonly store: Store
  /** Uids and the like, one line of them over all lives of the control plane. */
  readonly random: Random
  readonly machines: SimulatedWorld
  readonly images: ImageLibrary
  /** What upgrades do to the installation; without it there are none. */
  readonly platform?: Platform
  /** Events that were recorded, as `reason: message`. */
  announced?: string[]
}

class Died extends Error {}

export function startControlPlane(host: Ground): ControlPlane {
  const life = createLife()
  const complaints: string[] = []
  const complain = (text: string): void => void (life.isOver() || complaints.push(text))
  let door: Fetch = () => Promise.reject(new Error('the API server is not there yet'))
  const hypervisor = host.machines.open()
  const ports: MachinePorts = {
    clock: host.clock,
    random: host.random,
    log: logInto(complain),
    client: createClient({
      userAgent: 'controllers',
      onWarning: (text) => complain(`we were warned: ${text}`),
      fetch: (request) => life.carry(request, door),
    }),
    events: { record: (_, { reason, message }) => void host.announced?.push(`${reason}: ${message}`) },
    images: host.images,
    hypervisor: life.mortal(hypervisor),
    nodeName: 'here',
  }
  // A user's request is not what dies here: its author would not know how far it got, and the model neither.
  const front = {
    ...ports,
    hypervisor,
    client: createClient({
      userAgent: 'actions',
      onWarning: (text) => complain(`we were warned: ${text}`),
      fetch: life.counted((request) => door(request)),
    }),
  }
  const platform = host.platform && life.mortalPlatform({ ...host.platform, process: host.random.uuid() })
  const kinds = [
    namespaceKind,
    // A rollback is begun by a request, and may die with it.
    platform === undefined ? nodeKind : { ...nodeKind, actions: releaseActions({ ...ports, platform }) },
    configMapKind,
    secretKind,
    limitRangeKind,
    persistentVolumeClaimKind(front),
    persistentVolumeKind,
    storageClassKind,
    controllerRevisionKind,
    serviceKind(front),
    priorityClassKind(front),
    virtualMachineInstancetypeKind,
    virtualMachineClusterInstancetypeKind,
    virtualMachinePreferenceKind,
    virtualMachineClusterPreferenceKind,
    virtualMachineKind(front),
    virtualMachineInstanceKind(front),
    virtualMachineInstanceReplicaSetKind(front),
    virtualMachineInstancePresetKind,
    virtualMachineInstanceMigrationKind(front),
    virtualMachinePoolKind(front),
    versionKind,
    ...(host.platform === undefined
      ? [virtualMachineImageKind({ ...front, imageStore: emptyImageStore })]
      : upgradeKinds({ ...front, platform: host.platform })),
  ] as readonly Kind[]
  const server = createApiServer({
    store: host.store,
    kinds,
    schemas,
    namespaces: namespaceRole,
    clock: host.clock,
    random: ports.random,
    version,
    readiness: [],
    storeDescription: 'memory',
    onInternalError: (error, { method, path }) => complain(`${method} ${path} failed: ${errorChain(error)}`),
  })
  door = server.fetchAs(controllerUser)
  const controllers = startControllers(ports, server, platform)
  const usersFetch = life.counted(server.fetchAs(user))
  return {
    client: createClient({ userAgent: 'somebody', fetch: usersFetch }),
    fetch: usersFetch,
    complaints,
    get isDead() {
      return life.isOver()
    },
    get activity() {
      return life.activity()
    },
    dieAt: (death) => life.dieAt(death),
    enqueue: controllers.enqueue,
    // A key that waits does so for a worker, so those who work are all there is to look at.
    isBusy: () => controllers.snapshots().reduce((sum, { running }) => sum + running.length, 0) > life.launching(),
    kill() {
      life.end()
      void hypervisor.release()
      server.close()
      void controllers.stop()
    },
  }
}

export async function prepareStore(plane: ControlPlane): Promise<void> {
  await ensureNamespaces(plane.client)
  await ensurePriorityClasses(plane.client)
}

/** Images are brought here, and taken away, by the test itself. */
const upgradeKinds = (ports: UpgradePorts): Kind[] =>
  [deprecatedFieldUseKind, upgradeKind(ports), upgradeLogKind(ports), { definition: virtualMachineImageDefinition }] as Kind[]

function startControllers(ports: MachinePorts, resources: ServedResources, platform: Platform | undefined) {
  const { client, clock, random, log } = ports
  const follow = { client, clock, random, log }
  const virtualMachines = startInformer<VirtualMachine>({ ...follow, resource: virtualMachineDefinition })
  const instances = startInformer<VirtualMachineInstance>({ ...follow, resource: virtualMachineInstanceDefinition })
  const claims = startInformer<PersistentVolumeClaim>({ ...follow, resource: persistentVolumeClaimDefinition })
  const own = [
    startVirtualMachineController(ports, { virtualMachines, instances }),
    startVirtualMachineInstanceController(ports, { instances, claims }),
    startMigrationController(ports, instances),
    startReplicaSetController(ports, instances),
    startPoolController(ports, virtualMachines),
    ...(platform === undefined ? [] : [startUpgradeController({ ...ports, platform }, instances)]),
  ]
  const namespaces = startInformer<Namespace>({ ...follow, resource: namespaceDefinition })
  const emptying = startNamespaceController({ ...ports, resources }, namespaces)
  const collector = startGarbageCollector({ ...ports, resources })
  return {
    enqueue: (keys: readonly ObjectKey[]) => own.forEach((controller) => keys.forEach((key) => controller.enqueue(key))),
    snapshots: (): ControllerSnapshot[] => [
      ...[...own, emptying].map((controller) => controller.snapshot()),
      ...collector.snapshot(),
    ],
    async stop() {
      for (const shared of [virtualMachines, instances, claims, namespaces]) shared.stop()
      await Promise.all([...own, emptying, collector].map((each) => each.stop()))
    },
  }
}

/** How long the process lives, counted in effects, and what it is about. */
function createLife() {
  let left = Number.POSITIVE_INFINITY
  let moment: Death['moment'] = 'before'
  let isOver = false
  const death = new AbortController()
  let activity = 0
  let launching = 0

  function end(): void {
    isOver = true
    death.abort()
  }

  async function during<T>(what: () => Promise<T>): Promise<T> {
    activity++
    try {
      return await what()
    } finally {
      activity++
    }
  }

  async function effect<T>(what: () => Promise<T>): Promise<T> {
    if (isOver) throw new Died()
    const dies = --left < 0
    if (dies && moment === 'before') end()
    if (isOver) throw new Died()
    const result = await what()
    if (dies) end()
    if (isOver) throw new Died()
    return result
  }

  const counted =
    (door: Fetch): Fetch =>
    (request) =>
      during(() => door(request))

  return {
    isOver: () => isOver,
    end,
    activity: () => activity,
    /** Starts of QEMU that are under way: they take their time. */
    launching: () => launching,
    dieAt(death: Death) {
      left = death.effect
      moment = death.moment
    },
    counted,
    carry(request: ApiRequest, door: Fetch): Promise<ApiResponse> {
      if (isOver) return Promise.reject(new Died())
      return during(() => (request.method === 'GET' ? door(request) : effect(() => door(request))))
    },
    mortalPlatform: (platform: Platform): Platform =>
      mortalPlatform(platform, (what) => during(() => effect(what)), death.signal),
    /** Looking is free, doing is an effect. */
    mortal(hypervisor: Hypervisor): Hypervisor {
      const act = <A extends unknown[], R>(method: (...given: A) => Promise<R>) => {
        return (...given: A): Promise<R> => during(() => effect(() => method(...given)))
      }
      return {
        capabilities: () => hypervisor.capabilities(),
        list: () => hypervisor.list(),
        find: (id) => hypervisor.find(id),
        async launch(plan) {
          launching++
          try {
            return await act((given: typeof plan) => hypervisor.launch(given))(plan)
          } finally {
            launching--
          }
        },
        pressPowerButton: act((id) => hypervisor.pressPowerButton(id)),
        kill: act((id) => hypervisor.kill(id)),
        shutDownWithHost: act((id, graceMs) => hypervisor.shutDownWithHost(id, graceMs)),
        reset: act((id) => hypervisor.reset(id)),
        pause: act((id) => hypervisor.pause(id)),
        resume: act((id) => hypervisor.resume(id)),
        migrate: act((id, name) => hypervisor.migrate(id, name)),
        cancelMigration: act((id) => hypervisor.cancelMigration(id)),
        remove: act((id) => hypervisor.remove(id)),
        discardKept: act((name) => hypervisor.discardKept(name)),
        openSerial: (id) => hypervisor.openSerial(id),
        openDisplay: (id, options) => hypervisor.openDisplay(id, options),
        screenshot: (id, options) => hypervisor.screenshot(id, options),
        openPort: (id, guestPort) => hypervisor.openPort(id, guestPort),
        reachPort: (id, guestPort, timeoutMs) => hypervisor.reachPort(id, guestPort, timeoutMs),
        askAgent: (id, command, taken, options) => during(() => effect(() => hypervisor.askAgent(id, command, taken, options))),
        onChange: (listener) => hypervisor.onChange(listener),
        release: () => hypervisor.release(),
      }
    },
  }
}

type Effect = <T>(what: () => Promise<T>) => Promise<T>

/** What takes its time goes on unseen, and only its beginning is an effect. */
function mortalPlatform(platform: Platform, effect: Effect, death: AbortSignal): Platform {
  const begins = <T>(work: () => Promise<T>): Promise<T> => {
    let result: Promise<T> | undefined
    return effect(async () => {
      result = work()
      result.catch(() => {})
    }).then(() => result as Promise<T>)
  }
  const orDeath = (signal?: AbortSignal): AbortSignal => AbortSignal.any([death, ...(signal === undefined ? [] : [signal])])
  const { releases, store } = platform
  return {
    ...platform,
    releases: {
      ...releases,
      verify: (iso, onProgress, signal) => releases.verify(iso, onProgress, orDeath(signal)),
      fetch: (source, release, onProgress, signal) => begins(() => releases.fetch(source, release, onProgress, orDeath(signal))),
      discard: (version) => effect(() => releases.discard(version)),
      serveIso: (iso) => effect(() => releases.serveIso(iso)),
    },
    store: { ...store, copy: (id) => begins(() => store.copy(id)), removeCopies: (id) => effect(() => store.removeCopies(id)) },
    rehearse: (version, id, signal) => begins(() => platform.rehearse(version, id, orDeath(signal))),
    migrate: (run) => begins(() => platform.migrate({ ...run, signal: orDeath(run.signal) })),
    switchTo: (...given) => effect(() => platform.switchTo(...given)),
    journal(id) {
      const journal = platform.journal(id)
      return { append: (entry) => effect(() => journal.append(entry)), read: () => journal.read() }
    },
    rollbackJournal(id) {
      const journal = platform.rollbackJournal(id)
      return { append: (entry) => effect(() => journal.append(entry)), read: () => journal.read() }
    },
    bundle(id) {
      const bundle = platform.bundle(id)
      return { make: (files) => effect(() => bundle.make(files)), read: () => bundle.read() }
    },
    forget: (id) => effect(() => platform.forget(id)),
  }
}

function logInto(complain: (text: string) => void): Log {
  const say = (fields: object, message: string): void =>
    complain('error' in fields ? `${message}: ${String(fields.error)}` : message)
  return { debug: () => {}, info: () => {}, warn: say, error: say }
}
