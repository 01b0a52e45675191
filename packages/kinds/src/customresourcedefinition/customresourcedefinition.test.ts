import { type CustomResourceDefinition, type Namespace, namespaceDefinition } from '@sheaf/api'
import { findCondition, type JsonSchema } from '@sheaf/api/meta'
import { startInformer } from '@sheaf/machinery/controller'
import { afterEach, describe, expect, test } from 'vitest'
import { startGarbageCollector } from '../garbage-collector/index.ts'
import { startNamespaceController } from '../namespace/index.ts'
import { boat, boatName, boats, boatSchema, type CustomApi, isEstablished, startCustomApi } from './custom-resources.fixture.ts'

const running: { stop(): unknown }[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop()))
})

async function world(): Promise<CustomApi> {
  const api = await startCustomApi()
  running.push(api)
  return api
}

const key = (name: string) => ({ namespace: 'default', name })
const named = (name: string) => ({ namespace: '', name })

function told({ status }: CustomResourceDefinition): string[] {
  return (status?.conditions ?? []).map(({ type, status, reason, message }) => `${type}=${status} ${reason}: ${message}`)
}

async function refusalOf(write: Promise<unknown>): Promise<string> {
  return write.then(
    () => 'accepted',
    (error: Error) => error.message,
  )
}

describe('the life of a definition', () => {
  test('CR1: it gets its names, is established, and is served with the same breath', async () => {
    const api = await world()
    const created = await api.definitions.create(boats())
    expect(created.spec.names).toMatchObject({ singular: 'boat', listKind: 'BoatList' })
    expect(created.spec.conversion).toEqual({ strategy: 'None' })
    expect(created.status?.storedVersions).toEqual(['v1'])
    expect(await api.read('/apis/harbour.example.org/v1/boats')).toBe('404 page not found\n')
    await api.until(async () => isEstablished(await api.definitions.get(named('boats.harbour.example.org'))))
    const definition = await api.definitions.get(named('boats.harbour.example.org'))
    expect(told(definition)).toEqual([
      'NamesAccepted=True NoConflicts: no conflicts found',
      'Established=True InitialNamesAccepted: the initial names have been accepted',
    ])
    expect(definition.status?.acceptedNames).toEqual({
      plural: 'boats',
      singular: 'boat',
      shortNames: ['bt'],
      kind: 'Boat',
      listKind: 'BoatList',
    })
    expect(JSON.parse(await api.read('/apis/harbour.example.org/v1/boats'))).toMatchObject({ kind: 'BoatList', items: [] })
  })

  test('CR2: discovery and OpenAPI know it at once, and forget it when it goes', async () => {
    const api = await world()
    const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
    expect(await api.read('/apis')).not.toContain('harbour')
    await api.install(boats())
    expect(await api.read('/apis')).toContain('harbour.example.org')
    expect(await api.read('/apis', aggregated)).toContain('"shortNames":["bt"]')
    expect(await api.read('/openapi/v2')).toContain('org.example.harbour.v1.Boat')
    expect(await api.read('/openapi/v3')).toContain('apis/harbour.example.org/v1')
    expect(await api.read('/openapi/v3/apis/harbour.example.org/v1')).toContain('"gaff"')
    await api.definitions.delete(named('boats.harbour.example.org'))
    await api.until(async () => (await api.definitions.find(named('boats.harbour.example.org'))) === undefined)
    for (const path of ['/apis', '/openapi/v2', '/openapi/v3']) expect(await api.read(path)).not.toContain('harbour')
  })

  test('CR3: a name that somebody else has in the group is told by condition, and given when it is free', async () => {
    const api = await world()
    await api.install(boats())
    const rafts = boats({}, { names: { plural: 'rafts', kind: 'Raft', shortNames: ['bt'] } })
    await api.definitions.create(rafts)
    const rival = async () => api.definitions.get(named('rafts.harbour.example.org'))
    await api.until(async () => findCondition((await rival()).status?.conditions, 'NamesAccepted') !== undefined)
    expect(told(await rival())).toEqual([
      'NamesAccepted=False ShortNamesConflict: "bt" is already in use',
      'Established=False NotAccepted: not all names are accepted',
    ])
    expect(await api.read('/apis/harbour.example.org/v1/rafts')).toBe('404 page not found\n')
    await api.definitions.delete(named('boats.harbour.example.org'))
    await api.until(async () => isEstablished(await rival()))
    expect(JSON.parse(await api.read('/apis/harbour.example.org/v1/rafts'))).toMatchObject({ kind: 'RaftList' })
  })

  test('CR4: a definition that goes takes its objects along, waits for their finalizers, and takes no new ones', async () => {
    const api = await world()
    await api.install(boats())
    const fleet = api.client.resource(boatName())
    for (let n = 0; n < 5; n++) await fleet.create(boat(`b${n}`, { length: 5 }))
    const held = boat('held', { length: 5 })
    held.metadata.finalizers = ['example.org/moored']
    await fleet.create(held)
    await api.definitions.delete(named('boats.harbour.example.org'))
    const going = await api.definitions.get(named('boats.harbour.example.org'))
    expect(going.metadata.finalizers).toEqual(['customresourcecleanup.apiextensions.k8s.io'])
    await api.until(async () => (await fleet.list()).items.length === 1)
    expect(told(await api.definitions.get(named('boats.harbour.example.org')))).toContain(
      'Terminating=True InstanceDeletionInProgress: CustomResource deletion is in progress',
    )
    const refused = fleet.create(boat('late', { length: 5 }))
    await expect(refused).rejects.toMatchObject({ code: 405 })
    await fleet.patch(key('held'), { metadata: { finalizers: null } })
    await api.until(async () => (await api.definitions.find(named('boats.harbour.example.org'))) === undefined)
    await api.install(boats())
    expect((await fleet.list()).items).toEqual([])
  })

  test('CR5: watches hear of the last objects and end, and the next one finds nothing there', async () => {
    const api = await world()
    await api.install(boats())
    const fleet = api.client.resource(boatName())
    await fleet.create(boat('a', { length: 5 }))
    const seen: string[] = []
    const watching = (async () => {
      for await (const { type, object } of fleet.watch({ resourceVersion: '0' })) seen.push(`${type} ${object.metadata.name}`)
    })()
    await api.until(() => seen.length === 1)
    await api.definitions.delete(named('boats.harbour.example.org'))
    await watching
    expect(seen).toEqual(['ADDED a', 'DELETED a'])
    await api.until(async () => (await api.definitions.find(named('boats.harbour.example.org'))) === undefined)
    await expect(fleet.list()).rejects.toMatchObject({ code: 404 })
  })

  test('CR6: what the server was built with is served as before, whatever is defined over it', async () => {
    const api = await world()
    const leases = boats({}, { group: 'coordination.k8s.io', names: { plural: 'leases', kind: 'Lease' } })
    leases.metadata.annotations = { 'api-approved.kubernetes.io': 'https://example.org/why' }
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: key('l'), spec: { leaseDurationSeconds: 5 } }
    const held = api.client.resource({ ...boatName(), group: 'coordination.k8s.io', plural: 'leases', kind: 'Lease' })
    await held.create(lease)
    await api.install(leases)
    expect(api.log.lines.join()).toContain('leases.coordination.k8s.io is built into this server')
    expect(told(await api.definitions.get(named('leases.coordination.k8s.io')))[1]).toContain('Established=True BuiltIn')
    await held.patch(key('l'), { spec: { leaseDurationSeconds: 6 } })
    await api.definitions.delete(named('leases.coordination.k8s.io'))
    await api.until(async () => (await api.definitions.find(named('leases.coordination.k8s.io'))) === undefined)
    expect((await held.get(key('l'))).spec).toEqual({ leaseDurationSeconds: 6 })
  })

  test('CR7: namespaces and the garbage collector know its objects', async () => {
    const api = await world()
    const followed = startInformer<Namespace>({ ...api, resource: namespaceDefinition })
    running.push(startNamespaceController({ ...api, resources: api.server }, followed), followed)
    running.push(startGarbageCollector({ ...api, resources: api.server }))
    await api.install(boats())
    const fleet = api.client.resource(boatName())
    const maps = api.client.resource({ group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', scope: 'Namespaced' })
    const owner = await fleet.create(boat('owner', { length: 5 }))
    const { uid = '' } = owner.metadata
    const ownerReferences = [{ apiVersion: 'harbour.example.org/v1', kind: 'Boat', name: 'owner', uid }]
    await maps.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...key('owned'), ownerReferences } })
    await fleet.delete(key('owner'))
    await api.until(async () => (await maps.find(key('owned'))) === undefined)
    const namespaces = api.client.resource({
      group: '',
      version: 'v1',
      plural: 'namespaces',
      kind: 'Namespace',
      scope: 'Cluster',
    })
    await namespaces.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'port' } })
    const docked = boat('docked', { length: 5 })
    docked.metadata.namespace = 'port'
    await fleet.create(docked)
    await namespaces.delete(named('port'))
    await api.until(async () => (await namespaces.find(named('port'))) === undefined)
    expect((await fleet.list()).items).toEqual([])
  })
})

describe('objects of a definition', () => {
  test('CR10: are pruned, filled in and checked by its schema', async () => {
    const api = await world()
    await api.install(boats())
    const fleet = api.client.resource(boatName())
    const made = await fleet.create(boat('a', { length: 7, colour: 'red' }))
    expect(made.spec).toEqual({ length: 7, crew: 2 })
    expect(api.log.lines.join()).toContain('unknown field "spec.colour"')
    expect(await refusalOf(fleet.create(boat('b', { length: 0, sail: 'jib' })))).toBe(
      'Boat.harbour.example.org "b" is invalid: [spec.length: Invalid value: 0: spec.length in body should be greater than or equal to 1, spec.sail: Unsupported value: "jib": supported values: "gaff", "lug"]',
    )
  })

  test('CR11: a writer is not held responsible for what a stricter schema finds in what has not changed', async () => {
    const api = await world()
    await api.install(boats())
    const fleet = api.client.resource(boatName())
    await fleet.create(boat('a', { length: 7 }))
    const strict = boats({ schema: { openAPIV3Schema: withLength({ type: 'integer', minimum: 10 }) } })
    await api.definitions.patch(named('boats.harbour.example.org'), { spec: strict.spec } as never, { type: 'merge' })
    await fleet.patch(key('a'), { spec: { crew: 5 } }, { type: 'merge' })
    expect((await fleet.get(key('a'))).spec).toEqual({ length: 7, crew: 5 })
    expect(await refusalOf(fleet.patch(key('a'), { spec: { length: 8 } }, { type: 'merge' }))).toContain(
      'greater than or equal to 10',
    )
  })

  test('CR12: readers see them as the schema of today has it: new defaults are there, and what it no longer knows is gone', async () => {
    const api = await world()
    await api.install(boats())
    const fleet = api.client.resource(boatName())
    const before = await fleet.create(boat('a', { length: 7, sail: 'lug' }))
    const spec = {
      type: 'object',
      properties: { length: { type: 'integer' }, flag: { type: 'string', default: 'none' } },
    } as const
    const changed = boats({ schema: { openAPIV3Schema: { ...boatSchema, properties: { spec } } } })
    await api.definitions.patch(named('boats.harbour.example.org'), { spec: changed.spec } as never, { type: 'merge' })
    const after = await fleet.get(key('a'))
    expect(after.spec).toEqual({ length: 7, flag: 'none' })
    expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion)
    expect((await fleet.list()).items[0]?.spec).toEqual(after.spec)
  })

  test('CR13: are read and written in every served version, and lie in one', async () => {
    const api = await world()
    const { spec } = boats()
    const old = { name: 'v1alpha1', served: true, storage: false, schema: { openAPIV3Schema: boatSchema } }
    await api.install(boats({}, { versions: [...spec.versions, { ...old, deprecated: true }] }))
    const young = api.client.resource(boatName())
    const aged = api.client.resource(boatName('v1alpha1'))
    await aged.create(boat('a', { length: 7 }, 'v1alpha1'))
    expect(api.log.lines.join()).toContain('harbour.example.org/v1alpha1 Boat is deprecated; use harbour.example.org/v1 Boat')
    expect((await young.get(key('a'))).apiVersion).toBe('harbour.example.org/v1')
    expect((await aged.get(key('a'))).apiVersion).toBe('harbour.example.org/v1alpha1')
    const group = JSON.parse(await api.read('/apis/harbour.example.org')) as { preferredVersion: { version: string } }
    expect(group.preferredVersion.version).toBe('v1')
    const seen: string[] = []
    const stop = new AbortController()
    const watching = (async () => {
      for await (const { object } of aged.watch({ resourceVersion: '0', signal: stop.signal })) seen.push(object.apiVersion)
    })()
    await young.patch(key('a'), { spec: { crew: 9 } }, { type: 'merge' })
    await api.until(() => seen.length > 0)
    stop.abort()
    await watching.catch(() => {})
    expect(new Set(seen)).toEqual(new Set(['harbour.example.org/v1alpha1']))
  })

  test('CR14: a new storage version is noted, and one that was stored cannot be left out', async () => {
    const api = await world()
    await api.install(boats())
    const fleet = api.client.resource(boatName())
    const before = await fleet.create(boat('a', { length: 7 }))
    const v1 = { ...boats().spec.versions[0]!, storage: false }
    const v2 = { ...v1, name: 'v2', storage: true }
    const at = named('boats.harbour.example.org')
    await api.definitions.patch(at, { spec: { versions: [v1, v2] } } as never, { type: 'merge' })
    expect((await api.definitions.get(at)).status?.storedVersions).toEqual(['v1', 'v2'])
    expect(await refusalOf(api.definitions.patch(at, { spec: { versions: [v2] } } as never, { type: 'merge' }))).toContain(
      'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions',
    )
    // A write that changes nothing brings an object into the new version.
    const read = await fleet.get(key('a'))
    const written = await fleet.update(read)
    expect(written.metadata.resourceVersion).not.toBe(before.metadata.resourceVersion)
    expect((await fleet.update(written)).metadata.resourceVersion).toBe(written.metadata.resourceVersion)
  })

  test('CR15: have the subresources that the definition gives them, and no others', async () => {
    const api = await world()
    const scale = { specReplicasPath: '.spec.crew', statusReplicasPath: '.status.crew' }
    await api.install(boats({ subresources: { status: {}, scale } }))
    const fleet = api.client.resource(boatName())
    const made = await fleet.create({ ...boat('a', { length: 7 }), status: { afloat: true } })
    expect(made.status).toBeUndefined()
    const afloat = await fleet.updateStatus({ ...made, status: { afloat: true, crew: 1 } })
    expect([afloat.status, afloat.metadata.generation]).toEqual([{ afloat: true, crew: 1 }, 1])
    const at = '/apis/harbour.example.org/v1/namespaces/default/boats/a/scale'
    expect(JSON.parse(await api.read(at))).toMatchObject({ kind: 'Scale', spec: { replicas: 2 }, status: { replicas: 1 } })
    expect(await api.read(at.replace('scale', 'finalize'))).toContain('NotFound')
  })

  test('CR16: are printed in the columns of the definition and selected by its fields', async () => {
    const api = await world()
    const additionalPrinterColumns = [
      { name: 'Length', type: 'integer', jsonPath: '.spec.length' },
      { name: 'Sail', type: 'string', jsonPath: '.spec.sail' },
      { name: 'Tag', type: 'string', jsonPath: String.raw`.metadata.labels.example\.org/tag`, priority: 1 },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ]
    await api.install(boats({ additionalPrinterColumns, selectableFields: [{ jsonPath: '.spec.sail' }] }))
    const fleet = api.client.resource(boatName())
    const tagged = boat('a', { length: 7, sail: 'lug' })
    tagged.metadata.labels = { 'example.org/tag': 'x' }
    await fleet.create(tagged)
    await fleet.create(boat('b', { length: 8 }))
    const path = '/apis/harbour.example.org/v1/namespaces/default/boats'
    const table = JSON.parse(await api.read(path, 'application/json;as=Table;g=meta.k8s.io;v=v1')) as {
      columnDefinitions: { name: string }[]
      rows: { cells: unknown[] }[]
    }
    expect(table.columnDefinitions.map(({ name }) => name)).toEqual(['Name', 'Length', 'Sail', 'Tag', 'Age'])
    expect(table.rows.map(({ cells }) => cells.slice(0, 4))).toEqual([
      ['a', 7, 'lug', 'x'],
      ['b', 8, null, null],
    ])
    expect((await fleet.list({ fieldSelector: 'spec.sail=lug' })).items.map(({ metadata }) => metadata.name)).toEqual(['a'])
    await expect(fleet.list({ fieldSelector: 'spec.length=7' })).rejects.toMatchObject({ code: 400 })
  })

  test('CR17: rules are asked, about changes as well, and say what they are told to say', async () => {
    const api = await world()
    const rules = [
      { rule: 'self.crew <= self.length', message: 'the crew must fit' },
      {
        rule: 'self.length >= oldSelf.length',
        messageExpression: '"a boat of " + string(oldSelf.length) + " does not shrink"',
        fieldPath: '.length',
        reason: 'FieldValueForbidden',
      },
    ]
    const spec = { ...boatSchema.properties!.spec!, 'x-kubernetes-validations': rules }
    await api.install(boats({ schema: { openAPIV3Schema: { ...boatSchema, properties: { ...boatSchema.properties, spec } } } }))
    const fleet = api.client.resource(boatName())
    expect(await refusalOf(fleet.create(boat('a', { length: 1 })))).toContain('spec: Invalid value: "object": the crew must fit')
    await fleet.create(boat('a', { length: 5 }))
    expect(await refusalOf(fleet.patch(key('a'), { spec: { length: 3 } }, { type: 'merge' }))).toContain(
      'spec.length: Forbidden: a boat of 5 does not shrink',
    )
    await fleet.patch(key('a'), { spec: { length: 6 } }, { type: 'merge' })
  })
})

function withLength(length: JsonSchema): JsonSchema {
  const spec = boatSchema.properties!.spec!
  return {
    ...boatSchema,
    properties: { ...boatSchema.properties, spec: { ...spec, properties: { ...spec.properties, length } } },
  }
}

describe('what a definition must be', () => {
  const refused = async (definition: CustomResourceDefinition): Promise<string> => {
    const api = await world()
    return refusalOf(api.definitions.create(definition))
  }
  const withSpec = (spec: JsonSchema): CustomResourceDefinition =>
    boats({ schema: { openAPIV3Schema: { type: 'object', properties: { spec } } } })
  const at = 'spec.versions[0].schema.openAPIV3Schema.properties[spec]'

  test('CR20: it is named for what it defines, in a group with a dot', async () => {
    const nameless = boats()
    nameless.metadata.name = 'boats'
    expect(await refused(nameless)).toContain('metadata.name: Invalid value: "boats": must be spec.names.plural+"."+spec.group')
    expect(await refused(boats({}, { group: 'harbour' }))).toContain('should be a domain with at least one dot')
  })

  test('CR21: exactly one version is stored, all have different names and a schema', async () => {
    expect(await refused(boats({ storage: false }))).toContain('must have exactly one version marked as storage version')
    const [v1] = boats().spec.versions
    expect(await refused(boats({}, { versions: [v1!, { ...v1!, storage: false }] }))).toContain(
      'must contain unique version names',
    )
    const { schema: _schema, ...bare } = v1!
    expect(await refused(boats({}, { versions: [bare] }))).toContain('spec.versions[0].schema.openAPIV3Schema: Required value')
  })

  test('CR22: its schema is structural', async () => {
    expect(await refused(withSpec({ properties: { a: { type: 'string' } } }))).toContain(
      `${at}.type: Required value: must not be empty for specified object fields`,
    )
    expect(await refused(withSpec({ type: 'object', allOf: [{ properties: { a: { type: 'string' } } }] }))).toContain(
      `${at}.properties[a]: Required value: because it is defined in ${at}.allOf[0].properties[a]`,
    )
    expect(await refused(withSpec({ type: 'array' }))).toContain(`${at}.items: Required value: must be specified`)
    expect(await refused(withSpec({ type: 'object', anyOf: [{ type: 'object' }] }))).toContain('must be empty to be structural')
    expect(
      await refused(withSpec({ 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] })),
    ).toBe('accepted')
  })

  test('CR23: its defaults are values that it would take, and its patterns are patterns', async () => {
    expect(await refused(withSpec({ type: 'object', properties: { a: { type: 'integer', default: 'x' } } }))).toContain(
      `${at}.properties[a].default: Invalid value: "string"`,
    )
    expect(await refused(withSpec({ type: 'string', pattern: '[' }))).toContain(
      `${at}.pattern: Invalid value: "[": must be a valid regular expression, but isn't: error parsing regexp: missing closing ]`,
    )
  })

  test('CR24: its lists say by what their elements are told apart', async () => {
    const items: JsonSchema = { type: 'object', properties: { name: { type: 'string' } } }
    const list: JsonSchema = { type: 'array', items, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }
    expect(await refused(withSpec(list))).toContain(
      'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
    )
    expect(await refused(withSpec({ ...list, items: { ...items, required: ['name'] } }))).toBe('accepted')
  })

  test('CR25: its rules compile, are about what is there, and do not take too long', async () => {
    const ruled = (rule: string, more: JsonSchema = {}): CustomResourceDefinition =>
      withSpec({ type: 'object', properties: { a: { type: 'string' } }, 'x-kubernetes-validations': [{ rule }], ...more })
    expect(await refused(ruled('self.b == "x"'))).toContain(
      'compilation failed: ERROR: <input>:1:5: undefined field \'b\'\\n | self.b == \\"x\\"\\n | ....^'
        .replaceAll('\\n', '\n')
        .replaceAll('\\"', '"'),
    )
    expect(await refused(ruled('self.a'))).toContain('cel expression must evaluate to a bool')
    expect(await refused(ruled('self.a + 1 == "x"'))).toContain("found no matching overload for '_+_' applied to '(string, int)'")
    const many: JsonSchema = { properties: { a: { type: 'array', items: { type: 'string' } } } }
    expect(await refused(ruled('self.a.all(x, self.a.exists(y, x == y))', many))).toContain(
      'estimated rule cost exceeds budget by factor of more than 100x',
    )
    const few: JsonSchema = { properties: { a: { type: 'array', maxItems: 10, items: { type: 'string', maxLength: 20 } } } }
    expect(await refused(ruled('self.a.all(x, self.a.exists(y, x == y))', few))).toBe('accepted')
  })

  test('CR26: a webhook to convert is refused where it would be asked, and group, scope and names stay', async () => {
    const conversion = {
      strategy: 'Webhook',
      webhook: { conversionReviewVersions: ['v1'], clientConfig: { url: 'https://example.org' } },
    }
    expect(await refused(boats({}, { conversion }))).toBe('accepted')
    const [v1] = boats().spec.versions
    const two = [v1!, { ...v1!, name: 'v2', storage: false }]
    expect(await refused(boats({}, { conversion, versions: two }))).toContain(
      'this server does not call webhooks to convert between versions',
    )
    const api = await world()
    await api.install(boats())
    const patch = (spec: object) =>
      refusalOf(api.definitions.patch(named('boats.harbour.example.org'), { spec } as never, { type: 'merge' }))
    expect(await patch({ scope: 'Cluster' })).toContain('spec.scope: Invalid value: "Cluster": field is immutable')
    expect(await patch({ names: { kind: 'Ship', listKind: 'ShipList' } })).toContain(
      'spec.names.kind: Invalid value: "Ship": field is immutable',
    )
  })

  test('CR27: groups that are Kubernetes’ own need its approval', async () => {
    const definition = boats({}, { group: 'harbour.k8s.io' })
    expect(await refused(definition)).toContain('protected groups must have approval annotation "api-approved.kubernetes.io"')
    definition.metadata.annotations = { 'api-approved.kubernetes.io': 'unapproved, a try' }
    expect(await refused(definition)).toBe('accepted')
  })
})
