// From the names in a path to the Kind or action they mean.

import { apiVersionOf, qualifiedResource, type ResourceDefinition, type SchemaDefinitions } from '@sheaf/api/meta'
import type { Action, Kind } from '../kind.ts'
import { type Resource, storagePrefix } from '../registry/registry.ts'
import { formedOnce, shownFormOf } from '../registry/shown-form.ts'
import { rulesOf } from '../schema/rules/rules-of.ts'
import { matchActionPath } from './action-paths.ts'
import type { ResourceRequest } from './request-info.ts'

export interface ResourceIndex {
  resource(group: string, version: string, plural: string): Resource | undefined
  actionsAt(request: ResourceRequest): readonly MatchedAction[]
  /** Where the objects of these Kinds lie in the store. */
  prefixes: ReadonlySet<string>
}

export interface MatchedAction {
  action: Action
  parameters: Readonly<Record<string, string>>
}

/** Throws when two Kinds claim the same name: only what objects define is served in several versions. */
export function indexResources(kinds: readonly Kind[], schemas: SchemaDefinitions): ResourceIndex {
  const resources = new Map<string, Resource>()
  const prefixes = new Map<string, string>()
  const actions = new Map<string, Action[]>()
  for (const kind of kinds) {
    const { definition, actions: own } = kind
    const resource = createResource(kind, schemas)
    const other = prefixes.get(resource.prefix)
    if (other !== undefined && kind.storedAs === undefined) {
      const claim = `${qualifiedResource(definition)} is defined as ${apiVersionOf(definition)} and as ${other}`
      throw new Error(`${claim}: a resource is served in one version`)
    }
    if (kind.storedAs === undefined) prefixes.set(resource.prefix, apiVersionOf(definition))
    resources.set(resourceKey(definition), resource)
    for (const action of own ?? []) {
      for (const version of action.versions) {
        const at = nameOf(action.group, version, action.plural ?? '')
        actions.set(at, [...(actions.get(at) ?? []), action])
      }
    }
  }
  return {
    prefixes: new Set(prefixes.keys()),
    resource: (group, version, plural) => resources.get(resourceKey({ group, version, plural })),
    actionsAt({ group, version, namespace, resource, name, subresource }) {
      const isAboutObject = namespace !== '' && name !== ''
      const candidates = actions.get(nameOf(group, version, isAboutObject ? resource : ''))
      if (candidates === undefined) return []
      const parts = [...(namespace === '' ? [] : ['namespaces', namespace]), resource, name]
      const path = isAboutObject ? subresource : parts.filter((part) => part !== '').join('/')
      return candidates.flatMap((action) => {
        const parameters = matchActionPath(action.action, path)
        return parameters === undefined ? [] : [{ action, parameters }]
      })
    },
  }
}

/** A Kind with a schema of its own may be stored in another form than it is shown in, and its schema may hold rules. */
export function createResource(kind: Kind, schemas: SchemaDefinitions): Resource {
  const { definition, admission = {}, schema: own, storedAs } = kind
  const prefix = storagePrefix(storedAs?.definition ?? definition)
  const review = kind.review?.bind(kind)
  if (own === undefined) {
    const resource: Resource = { definition, admission, schema: schemas[definition.schemaName], review, prefix }
    if (storedAs === undefined) return resource
    return { ...resource, shown: formedOnce(storedAs.fromStored), stored: storedAs.toStored }
  }
  const resource: Resource = {
    definition,
    admission,
    review,
    prefix,
    get schema() {
      return own()
    },
  }
  resource.shown = shownFormOf(resource, schemas)
  resource.rules = rulesOf(own)
  return resource
}

export function resourceKey({ group, version, plural }: Pick<ResourceDefinition, 'group' | 'version' | 'plural'>): string {
  return nameOf(group, version, plural)
}

/** No part contains a NUL. */
function nameOf(group: string, version: string, plural: string): string {
  return `${group}\0${version}\0${plural}`
}
