// Makes `packages/api/.generated/schemas.json`: the types of @kubevirt-ui-ext/kubevirt-api as structural JSON schemas,
// with our overlay laid over them. Run by hand it does what the set-up does: nothing when nothing changed.

import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { JsonSchema } from '../packages/api/src/meta/schema.ts'
import { type DefinitionOverlay, quantity, time } from '../packages/api/src/schema-overlay/definition-overlay.ts'
import { schemaOverlay } from '../packages/api/src/schema-overlay/schema-overlay.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const overlayFolder = join(root, 'packages/api/src/schema-overlay')
const outputFile = join(root, 'packages/api/.generated/schemas.json')
const hashFile = join(root, 'packages/api/.generated/schemas.hash')
const typesPackage = '@kubevirt-ui-ext/kubevirt-api'
const require = createRequire(import.meta.url)

/** The Kinds we serve, by the package's entry. The first entry wins where both describe the same definition. */
const sources = [
  {
    entry: 'kubernetes',
    kinds: [
      'IoK8sApiCoreV1ConfigMap',
      'IoK8sApiCoreV1Endpoints',
      'IoK8sApiCoreV1Event',
      'IoK8sApiCoreV1LimitRange',
      'IoK8sApiCoreV1PersistentVolume',
      'IoK8sApiCoreV1PersistentVolumeClaim',
      'IoK8sApiStorageV1StorageClass',
      'IoK8sApiEventsV1Event',
      'IoK8sApiCoreV1Namespace',
      'IoK8sApiCoreV1Node',
      'IoK8sApiCoreV1Secret',
      'IoK8sApiCoreV1Service',
      'IoK8sApiCoordinationV1Lease',
      'IoK8sApiAppsV1ControllerRevision',
      'IoK8sApiDiscoveryV1EndpointSlice',
      'IoK8sApiSchedulingV1PriorityClass',
      'IoK8sApiextensionsApiserverPkgApisApiextensionsV1CustomResourceDefinition',
      'IoK8sApiCoreV1ServiceAccount',
      'IoK8sApiCoreV1ResourceQuota',
      'IoK8sApiRbacV1Role',
      'IoK8sApiRbacV1RoleBinding',
      'IoK8sApiRbacV1ClusterRole',
      'IoK8sApiRbacV1ClusterRoleBinding',
      'IoK8sApiAuthorizationV1SelfSubjectAccessReview',
      'IoK8sApiAuthorizationV1SubjectAccessReview',
      'IoK8sApiAuthorizationV1LocalSubjectAccessReview',
      'IoK8sApiAuthorizationV1SelfSubjectRulesReview',
      'IoK8sApiAuthenticationV1TokenReview',
      'IoK8sApiAuthenticationV1SelfSubjectReview',
    ],
  },
  {
    entry: 'kubevirt',
    kinds: [
      'V1VirtualMachine',
      'V1VirtualMachineInstance',
      'V1beta1VirtualMachineInstancetype',
      'V1beta1VirtualMachineClusterInstancetype',
      'V1beta1VirtualMachinePreference',
      'V1beta1VirtualMachineClusterPreference',
      'V1VirtualMachineInstanceReplicaSet',
      'V1VirtualMachineInstancePreset',
      'V1VirtualMachineInstanceMigration',
      'V1beta1VirtualMachinePool',
    ],
  },
] as const

/** Kinds of our own are described by the interface that we use, comments included. */
const harvester = 'packages/api/src/harvesterhci.io/v1beta1'
const ownKinds: readonly { file: string; kinds: readonly string[] }[] = [
  { file: 'packages/api/src/sheaf.io/v1/deprecated-field-use.ts', kinds: ['DeprecatedFieldUse'] },
  { file: 'packages/api/src/sheaf.io/v1/user.ts', kinds: ['User'] },
  { file: 'packages/api/src/batch/v1/job.ts', kinds: ['Job'] },
  { file: 'packages/api/src/batch/v1/cron-job.ts', kinds: ['CronJob'] },
  {
    file: 'packages/api/src/k8s.cni.cncf.io/v1/network-attachment-definition.ts',
    kinds: ['NetworkAttachmentDefinition'],
  },
  { file: `${harvester}/virtual-machine-image.ts`, kinds: ['VirtualMachineImage'] },
  { file: `${harvester}/version.ts`, kinds: ['Version'] },
  { file: `${harvester}/upgrade.ts`, kinds: ['Upgrade'] },
  { file: `${harvester}/upgrade-log.ts`, kinds: ['UpgradeLog'] },
]
/** Parts that several Kinds of ours have, and where they stand. */
const sharedParts: readonly { file: string; name: string }[] = [
  { file: `${harvester}/harvester-condition.ts`, name: 'HarvesterCondition' },
]

interface Source {
  /** The file with the types. */
  path: string
  kinds: readonly string[]
  isOwn: boolean
}

/** What ts-json-schema-generator writes, as far as the package's types make it. */
interface RawSchema {
  $ref?: string
  type?: JsonSchema['type']
  description?: string
  /** Only our own types say it, by `@format`. */
  format?: string
  enum?: unknown
  properties?: Record<string, RawSchema>
  additionalProperties?: RawSchema | boolean
  items?: RawSchema
  required?: string[]
}
type RawDefinitions = Record<string, RawSchema>

/** Writes the file unless it is made of the same inputs already. */
export async function generateSchemas(): Promise<'written' | 'unchanged'> {
  const hash = inputHash()
  if (readIfThere(hashFile) === hash && readIfThere(outputFile) !== undefined) return 'unchanged'
  const definitions = await makeSchemas()
  mkdirSync(dirname(outputFile), { recursive: true })
  // Renamed into place: whoever reads meanwhile sees the old file or the new one, never half of one.
  writeFileSync(`${outputFile}.new`, fileText(definitions))
  renameSync(`${outputFile}.new`, outputFile)
  writeFileSync(hashFile, hash)
  return 'written'
}

/** One line a word, so that two versions can be compared. */
export function fileText(definitions: Record<string, JsonSchema>): string {
  return `${JSON.stringify(definitions, undefined, 1)}\n`
}

/** The definitions as they belong into the file. */
export async function makeSchemas(): Promise<Record<string, JsonSchema>> {
  const definitions: Record<string, JsonSchema> = {}
  for (const source of allSources()) {
    const raw = await rawDefinitions(source)
    for (const [name, schema] of Object.entries(raw)) {
      if (schema.type !== 'object' || (source.isOwn && !isOwnPart(name, source))) continue
      const definition = structural(schema, raw)
      definitions[schemaName(name)] ??= source.isOwn && source.kinds.includes(name) ? withoutCommon(definition) : definition
    }
  }
  for (const [name, overlay] of Object.entries(schemaOverlay)) {
    const definition = definitions[name]
    if (definition === undefined) throw new Error(`the overlay speaks of ${name}, which no served Kind reaches: remove it`)
    definitions[name] = overlaid(name, definition, overlay)
  }
  return sorted(reachable(definitions))
}

/** A part of a Kind of ours is named for it; all else that it reaches is metadata, which Kubernetes' types describe. */
function isOwnPart(name: string, { kinds }: Source): boolean {
  return kinds.some((kind) => name.startsWith(kind)) || sharedParts.some((part) => part.name === name)
}

function allSources(): Source[] {
  return [
    ...sources.map(({ entry, kinds }) => ({
      path: join(dirname(packageFile()), 'dist', entry, 'index.d.ts'),
      kinds,
      isOwn: false,
    })),
    ...ownKinds.map(({ file, kinds }) => ({ path: join(root, file), kinds, isOwn: true })),
  ]
}

/** Less what every object has by ApiObject: the server publishes and checks that itself, and `unknown` says nothing. */
function withoutCommon({ properties = {}, required = [], ...rest }: JsonSchema): JsonSchema {
  const isOwn = (name: string): boolean => !['apiVersion', 'kind'].includes(name)
  const says = Object.entries(properties).filter(([name, schema]) => isOwn(name) && Object.keys(schema).length > 0)
  const asked = required.filter((name) => isOwn(name) && name !== 'metadata')
  return { ...rest, properties: Object.fromEntries(says), required: asked }
}

/** The compiler is loaded only when there is something to do: it takes a second by itself. */
async function rawDefinitions({ path, kinds, isOwn }: Source): Promise<RawDefinitions> {
  const { createGenerator } = await import('ts-json-schema-generator')
  const generator = createGenerator({
    path,
    ...(isOwn ? { tsconfig: join(root, 'tsconfig.base.json') } : {}),
    expose: 'all',
    jsDoc: 'extended',
    skipTypeCheck: true,
    additionalProperties: true,
  })
  return Object.assign({}, ...kinds.map((kind) => generator.createSchema(kind).definitions)) as RawDefinitions
}

/** OpenAPI's groups, as the package's type names abbreviate them. Longer beginnings first. */
const groups: readonly (readonly [RegExp, string])[] = [
  [/^(?:K8sIo|IoK8s)ApimachineryPkgApisMetaV1/, 'io.k8s.apimachinery.pkg.apis.meta.v1.'],
  [/^IoK8sApiextensionsApiserverPkgApisApiextensionsV1/, 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.'],
  [/^(?:K8sIo|IoK8s)ApiCoreV1/, 'io.k8s.api.core.v1.'],
  [/^(?:K8sIo|IoK8s)ApiCoordinationV1/, 'io.k8s.api.coordination.v1.'],
  [/^(?:K8sIo|IoK8s)ApiDiscoveryV1/, 'io.k8s.api.discovery.v1.'],
  [/^(?:K8sIo|IoK8s)ApiAppsV1/, 'io.k8s.api.apps.v1.'],
  [/^(?:K8sIo|IoK8s)ApiSchedulingV1/, 'io.k8s.api.scheduling.v1.'],
  [/^(?:K8sIo|IoK8s)ApiStorageV1/, 'io.k8s.api.storage.v1.'],
  [/^(?:K8sIo|IoK8s)ApiEventsV1/, 'io.k8s.api.events.v1.'],
  [/^(?:K8sIo|IoK8s)ApiRbacV1/, 'io.k8s.api.rbac.v1.'],
  [/^(?:K8sIo|IoK8s)ApiAuthorizationV1/, 'io.k8s.api.authorization.v1.'],
  [/^(?:K8sIo|IoK8s)ApiAuthenticationV1/, 'io.k8s.api.authentication.v1.'],
  [/^V1beta1(?=VirtualMachine(?:Pool|TemplateSpec))/, 'io.kubevirt.pool.v1beta1.'],
  [/^V1alpha1(?=Backup)/, 'io.kubevirt.backup.v1alpha1.'],
  [/^V1beta1(?=\w*(?:Instancetype|Preference)|SpreadOptions$)/, 'io.kubevirt.instancetype.v1beta1.'],
  [/^V1beta1/, 'io.kubevirt.cdi.v1beta1.'],
  [/^V1/, 'io.kubevirt.v1.'],
  [/^(?=ObjectMeta$)/, 'io.k8s.apimachinery.pkg.apis.meta.v1.'],
  [/^(?=DeprecatedFieldUse|User(?:Spec)?$)/, 'io.sheaf.v1.'],
  [/^(?=(?:Cron)?Job$)/, 'io.k8s.api.batch.v1.'],
  [/^(?=NetworkAttachment)/, 'io.cncf.cni.k8s.v1.'],
  [/^(?=VirtualMachineImage|Version|Upgrade|HarvesterCondition)/, 'io.harvesterhci.v1beta1.'],
]

function schemaName(typeName: string): string {
  for (const [beginning, group] of groups) {
    if (beginning.test(typeName)) return typeName.replace(beginning, group)
  }
  throw new Error(`no OpenAPI group is known for the type ${typeName}: add one to groups`)
}

function structural(raw: RawSchema, definitions: RawDefinitions): JsonSchema {
  const said = documented(raw.description)
  if (raw.$ref !== undefined) {
    const target = raw.$ref.slice('#/definitions/'.length)
    // The types' enums are the words of a Go type; neither Kubernetes nor KubeVirt refuses others by schema.
    if (definitions[target]?.enum !== undefined) return { ...said, type: 'string' }
    return { ...said, $ref: `#/definitions/${schemaName(target)}` }
  }
  // Every number in these APIs is whole; the widths that matter are in the overlay.
  if (raw.type === 'number') return { ...said, type: 'integer', format: 'int64' }
  const schema: JsonSchema = { ...said, ...(raw.type === undefined ? {} : { type: raw.type }), ...formatOf(raw) }
  if (raw.properties !== undefined) {
    // The types put a line before what is a word of JavaScript too: `_default`.
    const properties = Object.entries(raw.properties).map(([name, each]) => [
      name.replace(/^_/, ''),
      structural(each, definitions),
    ])
    schema.properties = Object.fromEntries(properties) as Record<string, JsonSchema>
  }
  if (raw.required !== undefined) schema.required = [...raw.required].toSorted()
  if (raw.items !== undefined) schema.items = structural(raw.items, definitions)
  if (typeof raw.additionalProperties === 'object') {
    schema.additionalProperties = structural(raw.additionalProperties, definitions)
  }
  if (formatOf(raw) === quantity) delete schema.type
  return schema
}

function formatOf(raw: RawSchema): JsonSchema {
  if (raw.format !== undefined) return { format: raw.format }
  const said = raw.description ?? ''
  if (said.startsWith('Time is') || said.startsWith('MicroTime is')) return time
  return said.startsWith('Quantity is') ? quantity : {}
}

/** Go's words about its own types say nothing about the field. */
function documented(text: string | undefined): { description?: string } {
  if (text === undefined || text === '') return {}
  if (text.startsWith('Time is')) return { description: 'A time as in RFC 3339.' }
  if (text.startsWith('MicroTime is')) return { description: 'A time as in RFC 3339, with microseconds.' }
  if (text.startsWith('Quantity is')) return { description: 'A number with an optional unit, such as 512Mi, 2G or 500m.' }
  return { description: text.split('\n\nPossible enum values')[0]!.trim() }
}

function overlaid(name: string, definition: JsonSchema, overlay: DefinitionOverlay): JsonSchema {
  const properties: Record<string, JsonSchema> = { ...definition.properties }
  for (const [from, to] of Object.entries(overlay.respelled ?? {})) {
    const before = properties[from]
    if (before === undefined) throw new Error(`the overlay respells ${name}.${from}, which the types do not have`)
    properties[to] = before
    delete properties[from]
  }
  for (const [property, patch] of Object.entries(overlay.properties ?? {})) {
    const before = properties[property]
    if (before === undefined) throw new Error(`the overlay speaks of ${name}.${property}, which the types do not have`)
    properties[property] = { ...before, ...patch }
    if (patch.type !== undefined) delete properties[property].$ref
    if (patch['x-kubernetes-int-or-string']) delete properties[property].type
  }
  for (const property of overlay.free ?? []) {
    const before = properties[property]
    if (before === undefined) throw new Error(`the overlay speaks of ${name}.${property}, which the types do not have`)
    properties[property] = before.description === undefined ? {} : { description: before.description }
  }
  for (const [property, schema] of Object.entries(overlay.missing ?? {})) {
    if (properties[property] !== undefined) throw new Error(`the overlay adds ${name}.${property}, which the types have by now`)
    properties[property] = schema
  }
  return {
    ...definition,
    properties,
    ...(overlay.required === undefined ? {} : { required: [...overlay.required].toSorted() }),
    ...(overlay.mapType === undefined ? {} : { 'x-kubernetes-map-type': overlay.mapType }),
    ...(overlay.nullable === undefined ? {} : { nullable: overlay.nullable }),
    ...(overlay.keepsUnknown === undefined ? {} : { 'x-kubernetes-preserve-unknown-fields': overlay.keepsUnknown }),
  }
}

/** Without what the overlay has cut off. */
function reachable(definitions: Record<string, JsonSchema>): Record<string, JsonSchema> {
  const found = new Set<string>()
  const pending = allSources().flatMap((source) => source.kinds.map(schemaName))
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (found.has(name)) continue
    found.add(name)
    const references = JSON.stringify(definitions[name]).matchAll(/"#\/definitions\/([^"]+)"/g)
    for (const [, target] of references) pending.push(target!)
  }
  return Object.fromEntries(Object.entries(definitions).filter(([name]) => found.has(name)))
}

function sorted(definitions: Record<string, JsonSchema>): Record<string, JsonSchema> {
  const byName = <T>(entries: Record<string, T>): Record<string, T> =>
    Object.fromEntries(Object.entries(entries).toSorted(([left], [right]) => (left < right ? -1 : 1)))
  for (const definition of Object.values(definitions)) {
    if (definition.properties !== undefined) definition.properties = byName(definition.properties)
  }
  return byName(definitions)
}

function inputHash(): string {
  const hash = createHash('sha256')
  const ours = readdirSync(overlayFolder).filter((name) => !name.endsWith('.test.ts'))
  for (const file of [
    fileURLToPath(import.meta.url),
    ...ours.toSorted().map((name) => join(overlayFolder, name)),
    ...[...ownKinds, ...sharedParts].map(({ file }) => join(root, file)),
    packageFile(),
  ]) {
    hash.update(readFileSync(file)).update('\0')
  }
  return hash.digest('hex')
}

/** The package keeps its package.json out of its exports, so its place is found from an entry. */
function packageFile(): string {
  const entry = require.resolve(`${typesPackage}/kubevirt`)
  return join(dirname(entry), '..', '..', 'package.json')
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

if (import.meta.main) {
  const started = Date.now()
  const outcome = await generateSchemas()
  console.log(`${outcome} ${outputFile} (${Date.now() - started} ms)`)
}
