// Which resources a server has whose objects may say something deprecated: asked of its discovery, in the version that it
// prefers, so that the same commands work on Sheaf, on KubeVirt and on Harvester.

import { type DeprecationRule, deprecationRules } from '@sheaf/api'
import { bodyText, type Client, type ResourceName } from '@sheaf/api/client'

export interface Served {
  resources: ResourceName[]
  /** Those that speak of something that this server has. */
  rules: DeprecationRule[]
  /** Whether it counts who sends a deprecated field. */
  counts: boolean
}

interface GroupList {
  groups: { name: string; versions: { groupVersion: string }[]; preferredVersion: { version: string } }[]
}
interface ResourceList {
  resources: { name: string; kind: string; namespaced: boolean; verbs: string[] }[]
}

export async function servedResources(client: Client, usesGroup: string): Promise<Served> {
  const { groups } = await ask<GroupList>(client, '/apis')
  const known = kindsByGroup()
  const versions = new Set(['v1', ...groups.flatMap((group) => group.versions.map(({ groupVersion }) => groupVersion))])
  const resources: ResourceName[] = []
  for (const { name, preferredVersion } of [{ name: '', preferredVersion: { version: 'v1' } }, ...groups]) {
    const kinds = known.get(name)
    if (kinds !== undefined) resources.push(...(await resourcesIn(client, name, preferredVersion.version, kinds)))
  }
  const isServed = ({ group, kind }: { group: string; kind: string }, places: DeprecationRule['places']): boolean =>
    places.some((place) => place.group === group && place.kinds.includes(kind))
  const rules = deprecationRules.filter(
    (rule) => resources.some((resource) => isServed(resource, rule.places)) && isAboutServedVersion(rule, versions),
  )
  return { resources, rules, counts: groups.some(({ name }) => name === usesGroup) }
}

/** A version that is not served is nobody's to send. */
function isAboutServedVersion({ path, values = [] }: DeprecationRule, versions: ReadonlySet<string>): boolean {
  return path[0] !== 'apiVersion' || values.some((value) => typeof value === 'string' && versions.has(value))
}

function kindsByGroup(): Map<string, Set<string>> {
  const known = new Map<string, Set<string>>()
  for (const { group, kinds } of deprecationRules.flatMap(({ places }) => places)) {
    known.set(group, new Set([...(known.get(group) ?? []), ...kinds]))
  }
  return known
}

async function resourcesIn(client: Client, group: string, version: string, kinds: ReadonlySet<string>): Promise<ResourceName[]> {
  const { resources } = await ask<ResourceList>(client, group === '' ? `/api/${version}` : `/apis/${group}/${version}`)
  return resources
    .filter(({ name, kind, verbs }) => !name.includes('/') && kinds.has(kind) && verbs.includes('list'))
    .map(({ name, kind, namespaced }) => ({ group, version, plural: name, kind, scope: namespaced ? 'Namespaced' : 'Cluster' }))
}

async function ask<T>(client: Client, path: string): Promise<T> {
  return JSON.parse(await bodyText((await client.request('GET', path)).body)) as T
}
