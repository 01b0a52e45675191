import type { ResourceName } from '@sheaf/api/client'
import type { ResourceDefinition } from '@sheaf/api/meta'

/** One of the resources that the API server serves, for those who work on all of them. */
export type ServedResource = ResourceName & Pick<ResourceDefinition, 'withoutVerbs'>

/** What the API server serves, which changes when somebody defines more. */
export interface ServedResources {
  served(): readonly ServedResource[]
  /** Calls back whenever that has changed, until the function that it returns is called. */
  onServedChange(listener: () => void): () => void
}

/** What objects of it can be followed and taken away one by one. */
export function isManageable({ withoutVerbs }: ServedResource): boolean {
  return !['list', 'watch', 'delete'].some((verb) => withoutVerbs.includes(verb))
}
