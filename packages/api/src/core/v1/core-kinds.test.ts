import { describe, expect, it } from 'vitest'
import { fieldErrorText } from '../../meta/index.ts'
import { type ConfigMap, configMapDefinition } from './config-map.ts'
import { type Event, eventDefinition } from './event.ts'
import { type Namespace, namespaceDefinition } from './namespace.ts'
import { type Node, nodeDefinition } from './node.ts'
import { type Secret, secretDefinition } from './secret.ts'

const frozen = 'Forbidden: field is immutable when `immutable` is set'

const configMap = (fields: Partial<ConfigMap>): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'c' },
  ...fields,
})
const secret = (fields: Partial<Secret>): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 's' },
  type: 'Opaque',
  ...fields,
})

const configMapErrors = (object: ConfigMap, old?: ConfigMap) => configMapDefinition.validate?.(object, old).map(fieldErrorText)
const secretErrors = (object: Secret, old?: Secret) => secretDefinition.validate?.(object, old).map(fieldErrorText)

describe('ConfigMap', () => {
  it('counts both sorts of data in its column', () => {
    const column = configMapDefinition.columns.find(({ name }) => name === 'Data')
    expect(column?.cell(configMap({ data: { a: '', b: '' }, binaryData: { c: '' } }))).toBe(3)
  })

  it('a key must be usable as a file name, and stand in one place only', () => {
    expect(configMapErrors(configMap({ data: { 'a/b': '' } }))?.[0]).toMatch(
      /^data\[a\/b]: Invalid value: "a\/b": a valid config key/,
    )
    expect(configMapErrors(configMap({ data: { a: '' }, binaryData: { a: '' } }))).toEqual([
      'data[a]: Invalid value: "a": duplicate of key present in binaryData',
    ])
  })

  it('more than a mebibyte is refused', () => {
    expect(configMapErrors(configMap({ data: { a: 'x'.repeat(1_048_576) } }))).toEqual([])
    expect(configMapErrors(configMap({ data: { a: 'ä'.repeat(524_289) } }))).toEqual([
      '[]: Too long: may not be more than 1048576 bytes',
    ])
  })

  it('once immutable, neither data nor the flag may change', () => {
    const old = configMap({ immutable: true, data: { a: '1' } })
    expect(configMapErrors(old, old)).toEqual([])
    expect(configMapErrors(configMap({ immutable: true, data: { a: '2' } }), old)).toEqual([`data: ${frozen}`])
    expect(configMapErrors(configMap({ data: { a: '1' } }), old)).toEqual([`immutable: ${frozen}`])
  })
})

describe('Secret', () => {
  it('stringData becomes data, and Opaque is its type', () => {
    const object = secret({ type: '', data: { a: 'MQ==' }, stringData: { a: '2', b: 'ü' } })
    secretDefinition.applyDefaults?.(object)
    expect(object).toEqual(secret({ type: 'Opaque', data: { a: 'Mg==', b: 'w7w=' } }))
  })

  it.each([
    ['kubernetes.io/tls', ['data[tls.crt]: Required value', 'data[tls.key]: Required value']],
    ['kubernetes.io/ssh-auth', ['data[ssh-privatekey]: Required value']],
    ['kubernetes.io/basic-auth', ['data[username]: Required value', 'data[password]: Required value']],
    ['kubernetes.io/dockerconfigjson', ['data[.dockerconfigjson]: Required value']],
    ['kubernetes.io/service-account-token', ['metadata.annotations[kubernetes.io/service-account.name]: Required value']],
    ['example.com/own', []],
  ])('of type %s without content: %j', (type, expected) => {
    expect(secretErrors(secret({ type }))).toEqual(expected)
  })

  it('never shows its contents in an error', () => {
    const errors = secretErrors(secret({ type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': 'aHVudGVyMg==' } }))
    expect(errors).toEqual(['data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": must be JSON'])
    expect(secretErrors(secret({ data: { a: 'hunter2!' } }))?.join()).not.toContain('hunter2')
  })

  it('its type never changes', () => {
    expect(secretErrors(secret({ type: 'a' }), secret({}))).toEqual(['type: Invalid value: "a": field is immutable'])
  })
})

describe('Namespace', () => {
  const namespace = (fields: Partial<Namespace> = {}): Namespace => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'n' },
    ...fields,
  })

  it('is active, bears its name as a label and is kept by its finalizer', () => {
    const object = namespace()
    namespaceDefinition.applyDefaults?.(object)
    namespaceDefinition.complete?.(object)
    expect(object.metadata.labels).toEqual({ 'kubernetes.io/metadata.name': 'n' })
    expect(object.spec?.finalizers).toEqual(['kubernetes'])
    expect(object.status?.phase).toBe('Active')
  })

  it('on its way out it does not get its finalizer back', () => {
    const object = namespace({ metadata: { name: 'n', deletionTimestamp: '2026-01-01T00:00:00Z' }, spec: { finalizers: [] } })
    namespaceDefinition.applyDefaults?.(object)
    namespaceDefinition.complete?.(object)
    expect(object.spec?.finalizers).toEqual([])
    expect(object.status?.phase).toBe('Terminating')
  })
})

describe('Event', () => {
  const event = (fields: Partial<Event> = {}): Event => ({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'e', namespace: 'n' },
    involvedObject: { kind: 'VirtualMachine', name: 'vm', namespace: 'n' },
    ...fields,
  })
  const errors = (object: Event) => eventDefinition.validate?.(object, undefined).map(fieldErrorText)

  it('lives where its object lives', () => {
    expect(errors(event())).toEqual([])
    expect(errors(event({ metadata: { name: 'e', namespace: 'other' } }))).toEqual([
      'involvedObject.namespace: Invalid value: "n": does not match event.namespace',
    ])
  })

  it('of a cluster-scoped object lives in default', () => {
    expect(
      errors(event({ metadata: { name: 'e', namespace: 'default' }, involvedObject: { kind: 'Node', name: 'n1' } })),
    ).toEqual([])
  })

  it('in the newer style says who reports what', () => {
    expect(errors(event({ eventTime: '2026-01-01T00:00:00.000000Z' }))).toEqual([
      'reportingComponent: Required value',
      'reportingInstance: Required value',
      'action: Required value',
      'reason: Required value',
    ])
  })

  it('shows its object as kind/name, and counts from one', () => {
    const cell = (name: string) => eventDefinition.columns.find((column) => column.name === name)?.cell(event())
    expect(cell('Object')).toBe('virtualmachine/vm')
    expect(cell('Count')).toBe(1)
  })
})

describe('Node', () => {
  const node = (fields: Partial<Node>): Node => ({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' }, ...fields })
  const cell = (name: string, object: Node) => nodeDefinition.columns.find((column) => column.name === name)?.cell(object)

  it('says whether it takes guests, and what it is there for', () => {
    const ready = node({
      metadata: { name: 'n1', labels: { 'node-role.kubernetes.io/worker': '', 'node-role.kubernetes.io/control-plane': '' } },
      spec: { unschedulable: true },
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    })
    expect(cell('Status', ready)).toBe('Ready,SchedulingDisabled')
    expect(cell('Roles', ready)).toBe('control-plane,worker')
    expect(cell('Status', node({}))).toBe('Unknown')
    expect(cell('Roles', node({}))).toBe('<none>')
  })

  it('taints have a key, one of three effects, and no twin', () => {
    const taints = [
      { key: 'a', effect: 'NoSchedule' },
      { key: 'a', effect: 'NoSchedule' },
      { key: 'b', effect: 'Sometimes' },
    ]
    expect(nodeDefinition.validate?.(node({ spec: { taints } }), undefined).map(({ field, type }) => `${field} ${type}`)).toEqual(
      ['spec.taints[1] FieldValueDuplicate', 'spec.taints[2].effect FieldValueNotSupported'],
    )
  })
})
