// How much of what an object takes. Pure.

import {
  isFinal,
  type PersistentVolumeClaim,
  type Service,
  type VirtualMachineInstance,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import {
  type ApiObject,
  formatQuantity,
  parseQuantity,
  type Quantity,
  type QuantityText,
  type ResourceDefinition,
} from '@sheaf/api/meta'
import { claimedBy } from '../virtualmachineinstance/claimed.ts'

/** Nano units by the name that a quota calls them, with how they were written. */
export type Amounts = ReadonlyMap<string, Quantity>

type Named = Pick<ResourceDefinition, 'group' | 'plural'>

const one: Quantity = { nano: 10n ** 9n, format: 'DecimalSI' }

/** `count/virtualmachines.kubevirt.io`, `count/configmaps` */
export const countName = ({ group, plural }: Named): string => `count/${plural}${group === '' ? '' : `.${group}`}`

/** Kubernetes counts these by their bare names too. */
const bareNames: ReadonlySet<string> = new Set(['configmaps', 'secrets', 'services', 'resourcequotas', 'persistentvolumeclaims'])

/** What a quota may limit of an instance: its memory and processors, by four names each as for a Pod. */
export const computeNames = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'] as const

export function amountsOf(definition: Named, object: ApiObject): Amounts {
  const amounts = new Map([[countName(definition), one]])
  if (definition.group === '' && bareNames.has(definition.plural)) amounts.set(definition.plural, one)
  if (definition.group === '' && definition.plural === 'services') addServicePorts(amounts, object as Service)
  if (definition.group === '' && definition.plural === 'persistentvolumeclaims')
    addStorage(amounts, object as PersistentVolumeClaim)
  if (isInstances(definition)) for (const [name, amount] of computeOf(object as VirtualMachineInstance)) amounts.set(name, amount)
  return amounts
}

/** What an object takes more than before; nothing where it takes less. */
export function growthOf(definition: Named, before: ApiObject, object: ApiObject): Amounts {
  const had = amountsOf(definition, before)
  const more = [...amountsOf(definition, object)].map(([name, { nano, format }]): [string, Quantity] => [
    name,
    { nano: nano - (had.get(name)?.nano ?? 0n), format },
  ])
  return new Map(more.filter(([, { nano }]) => nano > 0n))
}

export const isInstances = ({ group, plural }: Named): boolean =>
  group === virtualMachineInstanceDefinition.group && plural === virtualMachineInstanceDefinition.plural

function addStorage(amounts: Map<string, Quantity>, { spec }: PersistentVolumeClaim): void {
  const storage = parseQuantity(spec?.resources?.requests?.['storage'] ?? '0')
  if (storage !== undefined) amounts.set('requests.storage', storage)
}

function addServicePorts(amounts: Map<string, Quantity>, { spec }: Service): void {
  if (spec?.type === 'LoadBalancer') amounts.set('services.loadbalancers', one)
  if (spec?.type !== 'NodePort' && spec?.type !== 'LoadBalancer') return
  amounts.set('services.nodeports', { ...one, nano: one.nano * BigInt(spec.ports?.length ?? 0) })
}

/** One that has ended takes nothing any more. */
function computeOf(instance: VirtualMachineInstance): [string, Quantity][] {
  if (isFinal(instance)) return []
  const { requests, limits } = claimedBy(instance)
  const given: [string, QuantityText | undefined][] = [
    ['cpu', requests.cpu],
    ['memory', requests.memory],
    ['requests.cpu', requests.cpu],
    ['requests.memory', requests.memory],
    ['limits.cpu', limits.cpu],
    ['limits.memory', limits.memory],
  ]
  return given.flatMap(([name, text]) => {
    const amount = text === undefined ? undefined : parseQuantity(text)
    return amount === undefined ? [] : [[name, amount]]
  })
}

export function added(left: Quantity | undefined, right: Quantity): Quantity {
  if (left === undefined) return right
  // Nothing says nothing of how it is written.
  return { nano: left.nano + right.nano, format: left.nano === 0n ? right.format : left.format }
}

/** `limits.cpu=1,requests.memory=2Gi`, as Kubernetes tells it. */
export function amountsText(amounts: Iterable<readonly [string, Quantity]>): string {
  return [...amounts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, amount]) => `${name}=${formatQuantity(amount)}`)
    .join(',')
}
