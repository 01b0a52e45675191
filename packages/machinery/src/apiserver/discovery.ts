// What the server serves, told to clients: one document per group version as clients before 1.26 read it, and one for
// all groups as newer ones do.

import { createHash } from 'node:crypto'
import type { ResourceDefinition } from '@sheaf/api/meta'
import { scaleDefinition } from '../registry/scale.ts'
import { actionName } from './action-paths.ts'
import type { GroupVersionKind } from './openapi/definitions.ts'
import { actionVerbs, groupVersion, type ServedGroup, type ServedVersion, subresourceVerbs, verbsOf } from './served-groups.ts'

/** `/api` */
export function coreVersions(groups: readonly ServedGroup[]): object {
  const versions = groups.filter(({ name }) => name === '').flatMap((group) => group.versions.map(({ version }) => version))
  return {
    kind: 'APIVersions',
    apiVersion: 'v1',
    versions,
    // Asks clients to go on with the address they have.
    serverAddressByClientCIDRs: [],
  }
}

/** `/apis` */
export function groupList(groups: readonly ServedGroup[]): object {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.filter(({ name }) => name !== '').map(groupEntry) }
}

/** `/apis/<group>` */
export function groupDocument(group: ServedGroup): object {
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(group) }
}

function groupEntry(group: ServedGroup): object {
  const versions = group.versions.map(({ version }) => ({ groupVersion: groupVersion(group.name, version), version }))
  return { name: group.name, versions, preferredVersion: versions[0] }
}

/** `/api/v1` and `/apis/<group>/<version>` */
export function resourceList(group: ServedGroup, served: ServedVersion): object {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: groupVersion(group.name, served.version),
    resources: [...served.definitions.flatMap(resourceEntries), ...byName(served.actions).map(actionEntry)],
  }
}

function resourceEntries(definition: ResourceDefinition): object[] {
  const { plural, singular, kind } = definition
  const namespaced = definition.scope === 'Namespaced'
  const main = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs: verbsOf(definition),
    ...namesOf(definition),
    storageVersionHash: storageVersionHash(definition),
  }
  return [main, ...subresourcesOf(definition).map((each) => subresourceEntry(definition, each))]
}

interface ServedSubresource {
  subresource: string
  responseKind: GroupVersionKind
  verbs: readonly string[]
}

/** A Scale is a Kind of its own, which clients know by its group: kubectl finds out there what can be scaled. */
function subresourcesOf({ group, version, kind, hasStatus, scale }: ResourceDefinition): ServedSubresource[] {
  const { group: scaleGroup, version: scaleVersion, kind: scaleKind } = scaleDefinition
  const asItself = { group, version, kind }
  const asScale = { group: scaleGroup, version: scaleVersion, kind: scaleKind }
  return [
    ...(hasStatus ? [{ subresource: 'status', responseKind: asItself, verbs: subresourceVerbs }] : []),
    ...(scale === undefined ? [] : [{ subresource: 'scale', responseKind: asScale, verbs: subresourceVerbs }]),
  ]
}

/** The group is said only where it is not that of the list. */
function subresourceEntry(definition: ResourceDefinition, { subresource, responseKind, verbs }: ServedSubresource): object {
  const { group, version, kind } = responseKind
  return {
    name: `${definition.plural}/${subresource}`,
    singularName: '',
    namespaced: definition.scope === 'Namespaced',
    ...(group === definition.group ? {} : { group, version }),
    kind,
    verbs,
  }
}

interface NamedActions {
  /** `widgets/spin` */
  name: string
  namespaced: boolean
  verbs: string[]
  objectKind: GroupVersionKind | undefined
}

/** One entry for all paths and methods of a name. What is about no object is found by those who know its path. */
function byName(actions: ServedVersion['actions']): NamedActions[] {
  const about = actions.filter(({ action }) => action.plural !== undefined)
  const named = Map.groupBy(about, ({ action }) => `${action.plural}/${actionName(action)}`)
  return [...named].map(([name, group]) => ({
    name,
    namespaced: group.some(({ definition }) => definition.scope === 'Namespaced'),
    verbs: [...new Set(group.flatMap(({ action }) => actionVerbs(action)))],
    objectKind: group.map(({ action }) => (action.kind === 'request' ? action.objectKind : undefined)).find(Boolean),
  }))
}

/** Most actions have no Kind of their own: what they take and give is not an object of the API. */
function actionEntry({ name, namespaced, verbs, objectKind }: NamedActions): object {
  return { name, singularName: '', namespaced, kind: '', ...objectKind, verbs }
}

function namesOf({ shortNames, categories }: ResourceDefinition): object {
  return {
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
  }
}

/** Lets clients see that the stored form of a resource changed. */
function storageVersionHash({ group, version, storageVersion = version, kind }: ResourceDefinition): string {
  return createHash('sha256').update(`${group}/${storageVersion}/${kind}`).digest().subarray(0, 8).toString('base64')
}

/** `/api` and `/apis` in the aggregated shape; `version` is that of the document, whose fields are the same in both. */
export function aggregatedDiscovery(groups: readonly ServedGroup[], version: 'v2' | 'v2beta1'): object {
  const items = groups.map((group) => ({
    metadata: { name: group.name, creationTimestamp: null },
    versions: group.versions.map((served) => ({
      version: served.version,
      resources: [...served.definitions.map((each) => discoveredResource(each, served)), ...actionOnlyResources(served)],
      freshness: 'Current',
    })),
  }))
  return { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items }
}

function discoveredResource(definition: ResourceDefinition, served: ServedVersion): object {
  const { group, version, kind } = definition
  const responseKind = { group, version, kind }
  const subresources = [...subresourcesOf(definition), ...actionsOf(definition.plural, served)]
  return {
    resource: definition.plural,
    responseKind,
    scope: definition.scope,
    singularResource: definition.singular,
    verbs: verbsOf(definition),
    ...namesOf(definition),
    ...(subresources.length === 0 ? {} : { subresources }),
  }
}

/** Clients drop a resource without `responseKind`; an empty one says that there is no Kind. */
const noKind = { group: '', version: '', kind: '' }

function actionsOf(plural: string, served: ServedVersion): object[] {
  return byName(served.actions.filter(({ action }) => action.plural === plural)).map(({ name, verbs, objectKind }) => ({
    subresource: name.slice(plural.length + 1),
    responseKind: objectKind ?? noKind,
    verbs,
  }))
}

/** Resources that this group version knows only by their actions: the objects live in another group. */
function actionOnlyResources(served: ServedVersion): object[] {
  const plurals = new Set(served.actions.flatMap(({ action }) => action.plural ?? []))
  for (const { plural } of served.definitions) plurals.delete(plural)
  return [...plurals].map((plural) => ({
    resource: plural,
    responseKind: noKind,
    scope: served.actions.find(({ action }) => action.plural === plural)?.definition.scope,
    singularResource: '',
    verbs: [],
    subresources: actionsOf(plural, served),
  }))
}
