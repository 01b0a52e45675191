import type { ResourceName } from '@sheaf/api/client'
import type { ResourceDefinition } from '@sheaf/api/meta'

/** One of the resources that the API server serves, for those who work on all of them. */
export type ServedResource = ResourceName & Pick<ResourceDefinition, 'withoutVerbs'>

/** What objects of it can be followed and taken away one by one. */
export function isManageable({ withoutVerbs }: ServedResource): boolean {
  return !['list', 'watch', 'delete'].some((verb) => withoutVerbs.includes(verb))
}
