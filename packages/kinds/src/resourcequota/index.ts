// The Kind ResourceQuota, what keeps a namespace within it, and the controller that counts.

import { isFinal, type ResourceQuota, resourceQuotaDefinition, type VirtualMachineInstance } from '@sheaf/api'
import { keyOf, type ObjectKey, sameJson } from '@sheaf/api/meta'
import {
  after,
  type Controller,
  done,
  type Informer,
  mappedObjects,
  type Result,
  startController,
  startInformer,
} from '@sheaf/machinery/controller'
import type { Charge, Kind } from '@sheaf/machinery/kind'
import type { Ports } from '../ports.ts'
import { charge, statusOf, tellUsed } from './charge.ts'
import { type CountPorts, countUsed } from './count.ts'
import { createTurns, type Turns } from './turns.ts'

export const resourceQuotaKind = { definition: resourceQuotaDefinition } as unknown as Kind

export interface Quotas {
  charge: Charge
  /** Where something is charged nobody counts, and the other way round. */
  turns: Turns
  /** Once there is a server to ask. Before that nothing is charged. */
  start(resources: CountPorts['resources']): void
  stop(): void
}

const nothingToSettle = (): void => {}

export function createQuotas({ client, clock, random, log }: Pick<Ports, 'client' | 'clock' | 'random' | 'log'>): Quotas {
  const turns = createTurns()
  let quotas: Informer<ResourceQuota> | undefined
  let ports: CountPorts | undefined
  return {
    turns,
    async charge(definition, request) {
      const { namespace } = request
      const own = quotas === undefined || namespace === '' ? [] : inNamespace(quotas, namespace)
      if (ports === undefined || own.length === 0) return nothingToSettle
      const settle = await turns.take(namespace)
      try {
        await charge({ definition, request }, own, ports)
        return settle
      } catch (error) {
        settle()
        throw error
      }
    },
    start(resources) {
      ports = { client, resources }
      quotas = startInformer<ResourceQuota>({ client, resource: resourceQuotaDefinition, clock, random, log })
    },
    stop() {
      quotas?.stop()
      quotas = undefined
    },
  }
}

const inNamespace = (quotas: Informer<ResourceQuota>, namespace: string): ResourceQuota[] =>
  quotas.list().filter(({ metadata }) => metadata.namespace === namespace)

export interface ResourceQuotaPorts extends Ports, CountPorts {
  quotas: Pick<Quotas, 'turns'>
}

/** What goes is not told by everything; it is looked for as often as this. */
const recountMs = 30_000
const workers = 1

export function startResourceQuotaController(ports: ResourceQuotaPorts, instances: Informer<VirtualMachineInstance>): Controller {
  const { client, clock, random, log } = ports
  const quotas = startInformer<ResourceQuota>({ client, resource: resourceQuotaDefinition, clock, random, log })
  return startController({
    name: 'resourcequota',
    reconcile: (key) => recount(key, quotas, ports),
    sources: [
      // What is charged is counted already.
      mappedObjects(quotas, ({ key, after: now }) => (sameJson(now?.spec?.hard, now?.status?.hard) ? [] : [key])),
      // Of instances, only those that end give something back.
      mappedObjects(instances, ({ key, after: now }): ObjectKey[] =>
        now === undefined || isFinal(now) ? inNamespace(quotas, key.namespace).map(keyOf) : [],
      ),
    ],
    workers,
    owns: [quotas],
    clock,
    random,
    log,
  })
}

async function recount(key: ObjectKey, quotas: Informer<ResourceQuota>, ports: ResourceQuotaPorts): Promise<Result> {
  if (quotas.get(key) === undefined) return done
  const settle = await ports.quotas.turns.take(key.namespace)
  try {
    const quota = await ports.client.resource<ResourceQuota>(resourceQuotaDefinition).find(key)
    if (quota === undefined) return done
    const used = await countUsed(quota, ports)
    if (!sameJson(statusOf(quota, used), quota.status)) await tellUsed(quota, used, ports)
    return after(recountMs)
  } finally {
    settle()
  }
}
