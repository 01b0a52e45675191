// Which names are given out in a group. Informers are a little behind; what was written last is remembered until they have
// caught up, so that no name is given out twice.

import type { CustomResourceDefinition } from '@sheaf/api'
import { type Informer, isOlder } from '@sheaf/machinery/controller'

export interface NameBook {
  /** Definitions in the group other than this one. */
  othersIn(group: string, name: string): CustomResourceDefinition[]
  /** This is how it stands now. */
  note(written: CustomResourceDefinition): void
}

export function createNameBook(definitions: Informer<CustomResourceDefinition>): NameBook {
  const written = new Map<string, CustomResourceDefinition>()
  return {
    othersIn: (group, name) =>
      definitions
        .list()
        .filter(({ spec, metadata }) => spec.group === group && metadata.name !== name)
        .map((seen) => {
          const uid = seen.metadata.uid ?? ''
          const last = written.get(uid)
          const { resourceVersion: seenVersion = '' } = seen.metadata
          if (last !== undefined && isOlder(seenVersion, last.metadata.resourceVersion ?? '')) return last
          written.delete(uid)
          return seen
        }),
    note({ metadata, spec, status, ...types }) {
      // Names are all that it is asked for.
      const { name, uid, resourceVersion } = metadata
      const kept = { name, uid, resourceVersion } as CustomResourceDefinition['metadata']
      const names = { ...types, metadata: kept, spec: { ...spec, versions: [] } }
      written.set(uid ?? '', status === undefined ? names : { ...names, status })
    },
  }
}
