// From the names in a path to the Kind or action they mean.

import { apiVersionOf, qualifiedResource, type SchemaDefinitions } from '@sheaf/api/meta'
import type { Action, Kind } from '../kind.ts'
import { type Resource, storagePrefix } from '../registry/registry.ts'
import { matchActionPath } from './action-paths.ts'
import type { ResourceRequest } from './request-info.ts'

export interface ResourceIndex {
  resource(group: string, version: string, plural: string): Resource | undefined
  actionsAt(request: ResourceRequest): readonly MatchedAction[]
}

export interface MatchedAction {
  action: Action
  parameters: Readonly<Record<string, string>>
}

/** Throws when two Kinds claim the same name: stored objects have one version, and nothing here converts them. */
export function indexResources(kinds: readonly Kind[], schemas: SchemaDefinitions): ResourceIndex {
  const resources = new Map<string, Resource>()
  const prefixes = new Map<string, string>()
  const actions = new Map<string, Action[]>()
  for (const kind of kinds) {
    const { definition, admission, actions: own } = kind
    const prefix = storagePrefix(definition)
    const other = prefixes.get(prefix)
    if (other !== undefined) {
      const claim = `${qualifiedResource(definition)} is defined as ${apiVersionOf(definition)} and as ${other}`
      throw new Error(`${claim}: a resource is served in one version`)
    }
    prefixes.set(prefix, apiVersionOf(definition))
    const schema = schemas[definition.schemaName]
    const review = kind.review?.bind(kind)
    const resource: Resource = { definition, admission: admission ?? {}, schema, review, prefix }
    resources.set(nameOf(definition.group, definition.version, definition.plural), resource)
    for (const action of own ?? []) {
      for (const version of action.versions) {
        const at = nameOf(action.group, version, action.plural ?? '')
        actions.set(at, [...(actions.get(at) ?? []), action])
      }
    }
  }
  return {
    resource: (group, version, plural) => resources.get(nameOf(group, version, plural)),
    actionsAt({ group, version, namespace, resource, name, subresource }) {
      const isAboutObject = namespace !== '' && name !== ''
      const [plural, path] = isAboutObject
        ? [resource, subresource]
        : ['', [...(namespace === '' ? [] : ['namespaces', namespace]), resource, name].filter((part) => part !== '').join('/')]
      return (actions.get(nameOf(group, version, plural)) ?? []).flatMap((action) => {
        const parameters = matchActionPath(action.action, path)
        return parameters === undefined ? [] : [{ action, parameters }]
      })
    },
  }
}

/** No part contains a NUL. */
function nameOf(...parts: string[]): string {
  return parts.join('\0')
}
