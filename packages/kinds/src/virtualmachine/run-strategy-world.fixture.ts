// For tests: the real reconciler over the real API server, and a hand that plays the instance's controller. Nothing
// runs by itself: `settle` passes until nobody writes any more.

import {
  hasRun,
  isFinal,
  namespaceDefinition,
  schemas,
  type VirtualMachine,
  type VirtualMachineInstance,
  virtualMachineDefinition,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import { type ApiRequest, type ApiResponse, type Client, createClient } from '@sheaf/api/client'
import { isBeingDeleted, type ObjectKey } from '@sheaf/api/meta'
import { createApiServer } from '@sheaf/machinery/apiserver'
import { createManualClock, createSeededRandom, type EventText, type Log, type Result } from '@sheaf/machinery/controller'
import { openMemoryStore } from '@sheaf/machinery/store'
import { outfitKinds } from '../api-server.fixture.ts'
import { controllerUser } from '../controller-user.ts'
import type { VirtualMachinePorts as Ports } from '../ports.ts'
import { limitRangeKind } from '../limitrange/index.ts'
import { virtualMachineInstanceAdmission } from '../virtualmachineinstance/admission.ts'
import { instanceFinalizer } from '../virtualmachineinstance/decide.ts'
import { virtualMachineKind } from './index.ts'
import { reconcileVirtualMachine } from './reconciler.ts'
import { sampleVirtualMachine } from './sample-objects.fixture.ts'

type Phase = NonNullable<NonNullable<VirtualMachineInstance['status']>['phase']>
type SampleStrategy = Parameters<typeof sampleVirtualMachine>[0]

/** Far more passes than any event needs; a reconciler that goes round in circles is caught here. */
const mostPasses = 100

class ProcessDied extends Error {}

/** One API server for many virtual machines, each looked after by a reconciler of its own. */
export async function createWorld() {
  const clock = createManualClock()
  const random = createSeededRandom(1)
  const store = openMemoryStore()
  const own = createClient({ fetch: (request) => fetch(request), userAgent: 'test' })
  const server = createApiServer({
    store,
    kinds: [
      { definition: namespaceDefinition },
      ...outfitKinds,
      limitRangeKind,
      virtualMachineKind({ random, client: own }),
      { definition: virtualMachineInstanceDefinition, admission: virtualMachineInstanceAdmission(random, clock, own) },
    ],
    schemas,
    clock,
    random,
    version: {
      major: '1',
      minor: '34',
      gitVersion: 'v1.34.0',
      gitCommit: '',
      gitTreeState: '',
      buildDate: '',
      goVersion: '',
      compiler: '',
      platform: '',
    },
    readiness: [],
    storeDescription: 'memory',
    onInternalError: (error) => {
      throw error
    },
  })
  const fetch = server.fetchAs(controllerUser)
  const client = createClient({ fetch, userAgent: 'test' })
  await client.resource(namespaceDefinition).create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  const world = { client, clock, random, hypervisor: nothingKept, log: silence }
  let named = 0

  return {
    clock,
    ports: { ...world, events: { record: () => {} } } satisfies Ports,
    /** A virtual machine that was just created: nobody has looked at it yet. */
    async create(
      strategy: SampleStrategy,
      name = `vm${++named}`,
      change: Partial<VirtualMachine['spec']> = {},
    ): Promise<Sandbox> {
      const { spec } = sampleVirtualMachine(strategy)
      const vm: VirtualMachine = {
        apiVersion: 'kubevirt.io/v1',
        kind: 'VirtualMachine',
        metadata: { name, namespace: 'shop' },
        spec: { ...spec, ...change },
      }
      await client.resource<VirtualMachine>(virtualMachineDefinition).create(vm)
      return sandbox({ namespace: 'shop', name }, { ...world, fetch, revision: () => store.revision })
    },
    close: () => server.close(),
  }
}

const nothingKept: Ports['hypervisor'] = { discardKept: async () => {} }

const silence: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

interface Surroundings extends Omit<Ports, 'events'> {
  fetch: (request: ApiRequest) => Promise<ApiResponse>
  revision: () => number
}

export type Sandbox = ReturnType<typeof sandbox>

function sandbox(key: ObjectKey, { fetch, revision, ...around }: Surroundings) {
  const vms = around.client.resource<VirtualMachine>(virtualMachineDefinition)
  const vmis = around.client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition)
  const events: EventText[] = []
  const words: string[] = []
  let guestBoots = true
  let writesToLive = Number.POSITIVE_INFINITY
  let diesBeforeWriting = false
  let beforeCreate: (() => Promise<void>) | undefined

  /** The reconciler's way to the server: it may die at a write, before it or right after it. */
  const mortalFetch = async (request: ApiRequest): Promise<ApiResponse> => {
    if (writesToLive < 0) throw new ProcessDied()
    if (request.method === 'GET') return fetch(request)
    if (request.method === 'POST') await beforeCreate?.()
    const dies = --writesToLive < 0
    if (dies && diesBeforeWriting) throw new ProcessDied()
    const response = await fetch(request)
    if (dies) throw new ProcessDied()
    return response
  }
  const ports: Ports = {
    ...around,
    client: createClient({ fetch: mortalFetch, userAgent: 'reconciler' }),
    events: { record: (_, event) => void events.push(event) },
  }

  const vm = () => vms.find(key)
  const vmi = () => vmis.find(key)

  async function setPhase(phase: Phase, conditions?: NonNullable<VirtualMachineInstance['status']>['conditions']): Promise<void> {
    const now = await vmis.get(key)
    const phaseTransitionTimestamps = [
      ...(now.status?.phaseTransitionTimestamps ?? []),
      { phase, phaseTransitionTimestamp: '2026-01-01T00:00:00Z' },
    ]
    const status = { ...now.status, phase, phaseTransitionTimestamps, conditions: conditions ?? now.status?.conditions ?? [] }
    await vmis.update({ ...now, status })
  }

  async function letGo(instance: VirtualMachineInstance): Promise<boolean> {
    const finalizers = instance.metadata.finalizers ?? []
    if (!isBeingDeleted(instance) || !finalizers.includes(instanceFinalizer)) return false
    const kept = finalizers.filter((each) => each !== instanceFinalizer)
    await vmis.update({ ...instance, metadata: { ...instance.metadata, finalizers: kept } })
    return true
  }

  /** What the instance's controller would do next; false when it has nothing to do. */
  async function playInstance(): Promise<boolean> {
    const instance = await vmi()
    if (instance === undefined) return false
    if (isFinal(instance)) return letGo(instance)
    if (isBeingDeleted(instance)) await setPhase('Succeeded')
    else if (!guestBoots) await setPhase('Failed')
    else if (!hasRun(instance)) await setPhase('Running')
    else return false
    return true
  }

  /** Passes until nothing is written any more. Answers what the last pass said. */
  async function settle(): Promise<Result> {
    for (let pass = 0; pass < mostPasses; pass++) {
      const before = revision()
      const result = await reconcileVirtualMachine(key, ports)
      const word = (await vm())?.status?.printableStatus
      if (word !== undefined && word !== words.at(-1)) words.push(word)
      const hasPlayed = await playInstance()
      if (!hasPlayed && result.kind !== 'again' && revision() === before) return result
    }
    throw new Error(`${key.name} does not come to rest`)
  }

  return {
    key,
    vm,
    vmi,
    vms,
    vmis,
    client: around.client,
    /** Recorded by the reconciler. */
    events,
    /** The values of printableStatus that were seen, in order. */
    words,
    revision,
    settle,
    setPhase,
    /** The instance goes, without its VM doing anything. */
    async endInstance(): Promise<void> {
      await vmis.delete(key)
      while ((await playInstance()) || (await vmi()) !== undefined);
    },
    reconcile: () => reconcileVirtualMachine(key, ports),
    /** Guests of instances made from now on come up, or fail before they run. */
    letGuestsBoot: (boots: boolean) => void (guestBoots = boots),
    /** What happens right before the reconciler makes an instance. */
    beforeCreate: (happens: (() => Promise<void>) | undefined) => void (beforeCreate = happens),
    /** Passes until the instance is there; nobody has played its controller yet. */
    async untilInstance(): Promise<void> {
      for (let pass = 0; pass < mostPasses && (await vmi()) === undefined; pass++) await reconcileVirtualMachine(key, ports)
    },
    put: (action: string, body?: Parameters<Client['request']>[2]) =>
      around.client.request(
        'PUT',
        `/apis/subresources.kubevirt.io/v1/namespaces/${key.namespace}/virtualmachines/${key.name}/${action}`,
        body,
      ),
    /** Harvester's actions. */
    post: (action: string, body?: Parameters<Client['request']>[2]) =>
      around.client.request(
        'POST',
        `/apis/subresources.harvesterhci.io/v1beta1/namespaces/${key.namespace}/virtualmachines/${key.name}/${action}`,
        body,
      ),
    change: (patch: Parameters<typeof vms.patch>[1]) => vms.patch(key, patch),
    /** Settles with a process that dies at its n-th write from now, and one that takes over. True when it died. */
    async settleWithDeath(write: number, moment: 'before' | 'after'): Promise<boolean> {
      writesToLive = write
      diesBeforeWriting = moment === 'before'
      try {
        await settle()
        return false
      } catch (error) {
        if (!(error instanceof ProcessDied)) throw error
        return true
      } finally {
        writesToLive = Number.POSITIVE_INFINITY
      }
    },
  }
}
