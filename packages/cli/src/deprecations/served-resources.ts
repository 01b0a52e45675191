// Which resources a server has whose objects may say something deprecated: asked of its discovery, in the version that it
// prefers, so that the same commands work on Sheaf, on KubeVirt and on Harvester.

import { type DeprecationRule, deprecationRules } from '@sheaf/api'
import { type Client, type ResourceName, servedKinds } from '@sheaf/api/client'

export interface Served {
  resources: ResourceName[]
  /** Those that speak of something that this server has. */
  rules: DeprecationRule[]
  /** Whether it counts who sends a deprecated field. */
  counts: boolean
}

export async function servedResources(client: Client, usesGroup: string): Promise<Served> {
  const { resources, groups, groupVersions } = await servedKinds(
    client,
    deprecationRules.flatMap(({ places }) => places),
  )
  const isServed = ({ group, kind }: { group: string; kind: string }, places: DeprecationRule['places']): boolean =>
    places.some((place) => place.group === group && place.kinds.includes(kind))
  const rules = deprecationRules.filter(
    (rule) => resources.some((resource) => isServed(resource, rule.places)) && isAboutServedVersion(rule, groupVersions),
  )
  return { resources, rules, counts: groups.has(usesGroup) }
}

/** A version that is not served is nobody's to send. */
function isAboutServedVersion({ path, values = [] }: DeprecationRule, versions: ReadonlySet<string>): boolean {
  return path[0] !== 'apiVersion' || values.some((value) => typeof value === 'string' && versions.has(value))
}
