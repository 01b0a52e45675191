import type {
  IoK8sApiCoreV1NodeSpec,
  IoK8sApiCoreV1NodeStatus,
  IoK8sApiCoreV1Taint,
} from '@kubevirt-ui-ext/kubevirt-api/kubernetes'
import {
  type ApiObject,
  ageColumn,
  type Column,
  type Condition,
  duplicate,
  type FieldError,
  findCondition,
  forbidden,
  invalid,
  notSupported,
  qualifiedNameFinding,
  type ResourceDefinition,
  required,
} from '../../meta/index.ts'

export interface NodeCondition extends Condition {
  lastHeartbeatTime?: string | null
}

export interface NodeStatus extends Omit<IoK8sApiCoreV1NodeStatus, 'conditions' | 'daemonEndpoints'> {
  conditions?: NodeCondition[]
  daemonEndpoints?: { kubeletEndpoint?: { Port: number } }
}

/** True while guests run on the machine that belong to no instance; its message names them. Sheaf's own. */
export const strayGuestsCondition = 'StrayGuests'

/** A machine that guests run on. */
export interface Node extends ApiObject {
  spec?: IoK8sApiCoreV1NodeSpec
  status?: NodeStatus
}

const column = (name: string, priority: 0 | 1, description: string, cell: Column<Node>['cell']): Column<Node> => {
  return { name, type: 'string', description, priority, cell }
}

export const nodeDefinition: ResourceDefinition<Node> = {
  group: '',
  version: 'v1',
  kind: 'Node',
  listKind: 'NodeList',
  plural: 'nodes',
  singular: 'node',
  shortNames: ['no'],
  categories: [],
  scope: 'Cluster',
  schemaName: 'io.k8s.api.core.v1.Node',
  origin: 'native',
  hasStatus: true,
  countsGeneration: false,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [
    column('Status', 0, 'Whether it takes new guests.', statusText),
    column('Roles', 0, 'What it is there for.', rolesText),
    ageColumn,
    column('Version', 0, 'The version of the software on it.', (node) => node.status?.nodeInfo?.kubeletVersion),
    column('Internal-IP', 1, 'Its address inside the network.', (node) => addressOf(node, 'InternalIP')),
    column('External-IP', 1, 'Its address from outside.', (node) => addressOf(node, 'ExternalIP')),
    column('OS-Image', 1, 'Its operating system.', (node) => node.status?.nodeInfo?.osImage || '<unknown>'),
    column('Kernel-Version', 1, 'Its kernel.', (node) => node.status?.nodeInfo?.kernelVersion || '<unknown>'),
    column(
      'Container-Runtime',
      1,
      'What runs the guests.',
      (node) => node.status?.nodeInfo?.containerRuntimeVersion || '<unknown>',
    ),
  ],
  selectableFields: { 'spec.unschedulable': (node) => String(node.spec?.unschedulable ?? false) },
  validate: (node, old) => [...validateTaints(node.spec?.taints ?? []), ...validateProvider(node, old)],
}

function statusText(node: Node): string {
  const ready = findCondition(node.status?.conditions, 'Ready')
  const words = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady']
  if (node.spec?.unschedulable === true) words.push('SchedulingDisabled')
  return words.join(',')
}

function rolesText(node: Node): string {
  const roles = Object.entries(node.metadata.labels ?? {}).flatMap(([label, value]) => {
    if (label.startsWith('node-role.kubernetes.io/')) return [label.slice('node-role.kubernetes.io/'.length)]
    return label === 'kubernetes.io/role' ? [value] : []
  })
  const named = roles.filter((role) => role !== '').toSorted()
  return named.length === 0 ? '<none>' : named.join(',')
}

function addressOf(node: Node, type: string): string {
  return node.status?.addresses?.find((address) => address.type === type)?.address ?? '<none>'
}

const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] as const

function validateTaints(taints: readonly IoK8sApiCoreV1Taint[]): FieldError[] {
  const seen = new Set<string>()
  return taints.flatMap((taint, index) => {
    const field = `spec.taints[${index}]`
    const errors: FieldError[] = []
    const finding = qualifiedNameFinding(taint.key)
    if (finding !== undefined) errors.push(invalid(`${field}.key`, taint.key, finding))
    if (!taint.effect) errors.push(required(`${field}.effect`))
    else if (!taintEffects.some((effect) => effect === taint.effect)) {
      errors.push(notSupported(`${field}.effect`, taint.effect, taintEffects))
    }
    const identity = `${taint.effect}/${taint.key}`
    if (seen.has(identity)) errors.push(duplicate(field, identity))
    seen.add(identity)
    return errors
  })
}

function validateProvider(node: Node, old: Node | undefined): FieldError[] {
  const before = old?.spec?.providerID ?? ''
  if (before === '' || node.spec?.providerID === before) return []
  return [forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid')]
}
