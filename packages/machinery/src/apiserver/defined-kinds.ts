// Kinds that objects define: found in the store when the server opens, and followed from then on. What such an object says
// holds for every request that comes after the write that said it.

import { createHash } from 'node:crypto'
import type { ApiObject } from '@sheaf/api/meta'
import type { DefinitionRole, Kind } from '../kind.ts'
import { collectionPrefix, type Registry, type Resource } from '../registry/registry.ts'
import type { StoredEntry, StoreEvent } from '../store/store.ts'
import { createResource, resourceKey } from './resource-index.ts'

export interface DefinedKinds {
  resource(group: string, version: string, plural: string): Resource | undefined
  /** In the order of their names. */
  kinds(): readonly Kind[]
  close(): void
}

export interface DefinedKindsOptions {
  registry: Registry
  role: DefinitionRole
  /** The Kind that plays the role. */
  definitions: Resource
  /** Where objects of the server's own Kinds lie: nobody else defines those. */
  ownPrefixes: ReadonlySet<string>
  /** Called when something is served, or no longer served, or served otherwise than before. */
  onChange(gone: readonly Resource[]): void
}

/** What one definition makes the server serve. */
interface Defined {
  /** Of what it is made of. As long as that is the same, the resources stay the same ones, with all that they have worked out. */
  hash: string
  kinds: readonly Kind[]
  resources: readonly Resource[]
}

export function followDefinitions(options: DefinedKindsOptions): DefinedKinds {
  const { registry, definitions, onChange } = options
  const byKey = new Map<string, Defined>()
  const resources = new Map<string, Resource>()

  function replace(key: string, next: Defined | undefined): void {
    const before = byKey.get(key)
    const kept = before !== undefined && next !== undefined ? reuse(before, next) : next
    if (kept === undefined || kept.kinds.length === 0) byKey.delete(key)
    else byKey.set(key, kept)
    const gone = (before?.resources ?? []).filter((resource) => !kept?.resources.includes(resource))
    for (const { definition } of gone) resources.delete(resourceKey(definition))
    for (const resource of kept?.resources ?? []) resources.set(resourceKey(resource.definition), resource)
    const isNews = gone.length > 0 || (kept?.resources.length ?? 0) !== (before?.resources.length ?? 0)
    if (isNews) onChange(gone)
  }

  const prefix = collectionPrefix({ resource: definitions, namespace: '' })
  const range = registry.store.range(prefix)
  for (const entry of range.entries) replace(entry.key, definedBy(entry, options))
  const subscription = registry.store.watch(prefix, range.revision, ({ key, after }: StoreEvent) => {
    replace(key, after === undefined ? undefined : definedBy(after, options))
  })
  return {
    resource: (group, version, plural) => resources.get(resourceKey({ group, version, plural })),
    kinds: () => [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, { kinds }]) => [...kinds]),
    close: () => subscription.close(),
  }
}

function definedBy(entry: StoredEntry, { role, registry, ownPrefixes }: DefinedKindsOptions): Defined {
  // Parsed anew each time, and not kept: a definition is large, and little of it is asked for again.
  const read = (): ApiObject => JSON.parse(entry.text) as ApiObject
  const object = read()
  const made = role.kindsOf(object, read).map((kind) => ({ kind, resource: createResource(kind, registry.schemas) }))
  const served = made.filter(({ resource }) => !ownPrefixes.has(resource.prefix))
  return {
    hash: hashOf(
      object,
      served.map(({ kind }) => kind),
    ),
    kinds: served.map(({ kind }) => kind),
    resources: served.map(({ resource }) => resource),
  }
}

function hashOf({ spec }: ApiObject, kinds: readonly Kind[]): string {
  const said = JSON.stringify([spec, kinds.map(({ definition }) => definition)])
  return createHash('sha256').update(said).digest('base64')
}

/** Only who may write has changed: watchers and what was worked out from the schema need not notice. */
function reuse(before: Defined, next: Defined): Defined {
  if (before.hash !== next.hash) return next
  before.resources.forEach((resource, index) => {
    resource.admission = next.resources[index]?.admission ?? resource.admission
  })
  return before
}
