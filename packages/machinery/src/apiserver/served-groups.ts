// Which groups and versions there are, and what each serves: the order in which everything is published.

import type { ResourceDefinition } from '@sheaf/api/meta'
import type { Action, Kind } from '../kind.ts'

export interface ServedVersion {
  version: string
  definitions: readonly ResourceDefinition[]
  actions: readonly ServedAction[]
}

export interface ServedAction {
  action: Action
  /** Of the Kind whose objects the action is about. */
  definition: ResourceDefinition
}

export interface ServedGroup {
  /** Empty for the core group. */
  name: string
  /** The preferred one first. */
  versions: readonly ServedVersion[]
}

/** The core group, then groups of Kubernetes' own Kinds, then the others by name: clients take the first match. */
export function servedGroups(kinds: readonly Kind[]): ServedGroup[] {
  const definitions = kinds.map((kind) => kind.definition)
  const actions = kinds.flatMap(({ definition, actions = [] }) => actions.map((action) => ({ action, definition })))
  const names = new Set([...definitions.map(({ group }) => group), ...actions.map(({ action }) => action.group)])

  function servedVersions(group: string): ServedVersion[] {
    const ofGroup = definitions.filter((definition) => definition.group === group)
    const actionsOfGroup = actions.filter(({ action }) => action.group === group)
    const versions = new Set([
      ...ofGroup.map(({ version }) => version),
      ...actionsOfGroup.flatMap(({ action }) => [...action.versions]),
    ])
    return [...versions].sort(compareVersions).map((version) => ({
      version,
      definitions: ofGroup.filter((definition) => definition.version === version).sort(byPlural),
      actions: actionsOfGroup.filter(({ action }) => action.versions.includes(version)),
    }))
  }

  const isNative = (group: string): boolean => definitions.some((each) => each.group === group && each.origin === 'native')
  const rank = (group: string): number => (group === '' ? 0 : isNative(group) ? 1 : 2)
  return [...names]
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map((name) => ({ name, versions: servedVersions(name) }))
}

const byPlural = (a: ResourceDefinition, b: ResourceDefinition): number => (a.plural < b.plural ? -1 : 1)

/** Stable before beta before alpha, higher numbers first, names of another form last by alphabet. */
export function compareVersions(a: string, b: string): number {
  const left = versionRank(a)
  const right = versionRank(b)
  for (const [index, each] of left.entries()) {
    const difference = (right[index] ?? 0) - each
    if (difference !== 0) return difference
  }
  return a < b ? -1 : a > b ? 1 : 0
}

function versionRank(version: string): number[] {
  const [, major, stage, minor] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? []
  if (major === undefined) return [0, 0, 0]
  return [stage === undefined ? 3 : stage === 'beta' ? 2 : 1, Number(major), Number(minor ?? 0)]
}

const usualVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

/** Sorted, as clients expect them. */
export function verbsOf(definition: ResourceDefinition): string[] {
  return usualVerbs.filter((verb) => !definition.withoutVerbs.includes(verb))
}

/** Of `/status` and `/scale`. */
export const subresourceVerbs = ['get', 'patch', 'update']

/** How Kubernetes names what is done to an action's path. */
export function actionVerbs(action: Action): string[] {
  if (action.kind === 'stream') return ['get']
  return [{ GET: 'get', PUT: 'update', POST: 'create' }[action.method]]
}

/** `apps/v1`, or `v1` for the core group. */
export function groupVersion(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`
}

/** `/apis/apps/v1`, or `/api/v1` for the core group. */
export function rootPath(group: string, version: string): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`
}
