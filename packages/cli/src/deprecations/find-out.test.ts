// Both commands over a real API server that also has Kinds which make virtual machines, as KubeVirt and Harvester have them.

import { deprecatedFieldUseDefinition, type VirtualMachine, virtualMachineDefinition } from '@sheaf/api'
import { bodyText, type Client, createClient } from '@sheaf/api/client'
import { type ApiObject, type ResourceDefinition, StatusError } from '@sheaf/api/meta'
import { sightingsIn, virtualMachineKind } from '@sheaf/kinds'
import type { UserInfo } from '@sheaf/machinery/kind'
import { beforeEach, expect, test } from 'vitest'
import { smallKinds, startTestApi, type TestApi } from '../../../kinds/src/api-server.fixture.ts'
import { createDeprecatedFieldUses } from '../../../kinds/src/deprecated-field-use/index.ts'
import { migrateStorage } from '../migrate-storage/migrate-storage.ts'
import { parseDuration } from './duration.ts'
import { findOut } from './find-out.ts'
import { exitCodeOf, textReport } from './report.ts'

function foreign(group: string, version: string, kind: string): ResourceDefinition {
  return {
    ...deprecatedFieldUseDefinition,
    group,
    version,
    kind,
    listKind: `${kind}List`,
    plural: `${kind.toLowerCase()}s`,
    singular: kind.toLowerCase(),
    shortNames: [],
    scope: 'Namespaced',
    schemaName: `foreign.${kind}`,
    columns: [],
    selectableFields: {},
  }
}

const pool = foreign('pool.kubevirt.io', 'v1beta1', 'VirtualMachinePool')
const templateVersion = foreign('harvesterhci.io', 'v1beta1', 'VirtualMachineTemplateVersion')
const backup = foreign('harvesterhci.io', 'v1beta1', 'VirtualMachineBackup')
const ada: UserInfo = { username: 'ada', groups: ['system:masters'] }

let api: TestApi
let client: Client
let uses: ReturnType<typeof createDeprecatedFieldUses>

beforeEach(async () => {
  const kinds = [pool, templateVersion, backup].map((definition) => ({ definition }))
  api = await startTestApi((ports) => [...smallKinds, virtualMachineKind(ports), ...kinds] as typeof smallKinds, {
    observer: {
      answered: (request) => sightingsIn(request).forEach((sighting) => uses.record(sighting)),
      watching: () => () => {},
    },
  })
  uses = createDeprecatedFieldUses(api)
  client = createClient({ fetch: api.server.fetchAs(ada), userAgent: 'tool/1.0' })
  uses.start()
})

const create = (definition: ResourceDefinition, name: string, body: object): Promise<ApiObject> =>
  client.resource(definition).create({
    apiVersion: `${definition.group}/${definition.version}`,
    kind: definition.kind,
    metadata: { name, namespace: 'default' },
    ...body,
  })

const machine = { running: true, template: { spec: { domain: { devices: {}, memory: { guest: '64Mi' } } } } }
const look = (asked = client, unusedFor = '30d') =>
  findOut(asked, { server: 'https://here:6443', unusedFor: parseDuration(unusedFor), nowMs: api.clock.now() })
const verdictsOf = ({ rules }: Awaited<ReturnType<typeof look>>) =>
  Object.fromEntries(rules.map(({ rule, verdict }) => [rule.id, verdict.kind]))

async function createAll(): Promise<void> {
  await create(virtualMachineDefinition as ResourceDefinition, 'vm', { spec: machine })
  await create(pool, 'pool', { spec: { virtualMachineTemplate: { spec: { running: false } } } })
  await create(templateVersion, 'template', { spec: { vm: { spec: machine } } })
}

test('DU30 who sends it, what is stored, and since when anybody counts, all from the server', async () => {
  await createAll()
  await uses.stop()
  const report = await look()
  const [running] = report.rules
  expect(running?.uses.map(({ client: name, user, resource }) => [name, user, resource.kind]).toSorted()).toEqual([
    ['tool', 'ada', 'VirtualMachine'],
    ['tool', 'ada', 'VirtualMachinePool'],
    ['tool', 'ada', 'VirtualMachineTemplateVersion'],
  ])
  expect(running?.stored.map(({ object }) => `${object.kind} ${object.name}`).toSorted()).toEqual([
    'VirtualMachine vm',
    'VirtualMachinePool pool',
    'VirtualMachineTemplateVersion template',
  ])
  expect(report.completeSince).toBeDefined()
  expect(verdictsOf(report)).toMatchObject({ running: 'sent', 'data-volume-template-kind': 'too early' })
  expect(verdictsOf(report)).not.toHaveProperty('kubevirt-v1alpha3')
  expect(verdictsOf(report)).not.toHaveProperty('slirp-binding')
  expect(exitCodeOf(report)).toBe(3)
})

test('DU30 after the rewriting and the time asked for, it is safe to remove', async () => {
  await createAll()
  await uses.stop()
  api.clock.advance(parseDuration('31d').ms)
  expect(verdictsOf(await look())).toMatchObject({ running: 'stored' })
  await migrateStorage(client, { dryRun: false }, { line: () => {}, progress: () => {} })
  await uses.stop()
  const report = await look()
  expect(verdictsOf(report)).toMatchObject({ running: 'safe' })
  expect(exitCodeOf(report)).toBe(0)
  expect(textReport(report, api.clock.now())).toContain('safe to remove: unused for 31 days')
})

test('DU20 what makes machines is rewritten as well, wherever it is served; a record of the past is left', async () => {
  await createAll()
  await create(backup, 'backup', { status: { source: { spec: machine } } })
  const lines: string[] = []
  const result = await migrateStorage(client, { dryRun: false }, { line: (text) => void lines.push(text), progress: () => {} })
  expect(result).toEqual({ rewritten: 3, left: 1 })
  expect(lines.toSorted()).toEqual([
    'VirtualMachine default/vm: spec.running: true → spec.runStrategy: Always',
    'VirtualMachinePool default/pool: spec.virtualMachineTemplate.spec.running: false → spec.virtualMachineTemplate.spec.runStrategy: Halted',
    'VirtualMachineTemplateVersion default/template: spec.vm.spec.running: true → spec.vm.spec.runStrategy: Always',
    expect.stringMatching(/^not rewritten: VirtualMachineBackup default\/backup: status.source.spec.running: .* Leave it:/),
  ])
  const vm = await client.resource<VirtualMachine>(virtualMachineDefinition).get({ namespace: 'default', name: 'vm' })
  expect(vm.spec).toMatchObject({ runStrategy: 'Always' })
  expect(vm.spec).not.toHaveProperty('running')
})

test('DU30 more than a page is looked through to its end', async () => {
  const body = { spec: { virtualMachineTemplate: { spec: { running: false } } } }
  for (let number = 0; number < 501; number++) await create(pool, `pool-${number}`, body)
  expect((await look()).rules[0]?.stored).toHaveLength(501)
})

test('DU31 where something may not be listed, or nobody counts, nothing is called safe', async () => {
  const blind = createClient({
    userAgent: 'tool',
    async fetch(request) {
      if (/virtualmachinepools/.test(request.path)) return refusal(new StatusError(403, 'Forbidden', 'no right'))
      const response = await api.server.fetchAs(ada)(request)
      if (request.path !== '/apis') return response
      return { ...response, body: (await bodyText(response.body)).replaceAll('"name":"sheaf.io"', '"name":"other.io"') }
    },
  })
  const report = await look(blind, '0d')
  expect(report.unreadable).toMatchObject([{ resource: { plural: 'virtualmachinepools' }, why: 'no right' }])
  expect(verdictsOf(report)).toMatchObject({ running: 'unknown' })
  expect(exitCodeOf(report)).toBe(1)
  expect(textReport(report, api.clock.now())).toContain('does not count who sends what')
})

function refusal(error: StatusError) {
  return { status: error.code, headers: {}, body: JSON.stringify(error.toStatus()) }
}
