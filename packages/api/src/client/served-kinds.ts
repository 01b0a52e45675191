// Under which names a server has certain Kinds: asked of its discovery, in the version that it prefers, so that the same
// commands work on Sheaf, on KubeVirt and on Harvester.

import type { Client, ResourceName } from './client.ts'
import { bodyText } from './create-client.ts'

export interface ServedKinds {
  /** Those that can be listed. */
  resources: ResourceName[]
  groups: ReadonlySet<string>
  /** Everything that it speaks, such as `kubevirt.io/v1`. */
  groupVersions: ReadonlySet<string>
}

interface GroupList {
  groups: { name: string; versions: { groupVersion: string }[]; preferredVersion: { version: string } }[]
}
interface ResourceList {
  resources: { name: string; kind: string; namespaced: boolean; verbs: string[] }[]
}

export async function servedKinds(
  client: Client,
  wanted: readonly { group: string; kinds: readonly string[] }[],
): Promise<ServedKinds> {
  const { groups } = await ask<GroupList>(client, '/apis')
  const groupVersions = new Set(['v1', ...groups.flatMap(({ versions }) => versions.map(({ groupVersion }) => groupVersion))])
  const resources: ResourceName[] = []
  for (const { name, preferredVersion } of [{ name: '', preferredVersion: { version: 'v1' } }, ...groups]) {
    const kinds = new Set(wanted.filter(({ group }) => group === name).flatMap((each) => each.kinds))
    if (kinds.size > 0) resources.push(...(await resourcesIn(client, name, preferredVersion.version, kinds)))
  }
  return { resources, groups: new Set(groups.map(({ name }) => name)), groupVersions }
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
