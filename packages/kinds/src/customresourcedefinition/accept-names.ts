// Whether a definition gets the names that it asks for. Pure.

import type { Condition, CustomResourceDefinition, CustomResourceNames } from '@sheaf/api'
import { errorsText, type ResourceDefinition } from '@sheaf/api/meta'

export interface Acceptance {
  /** What it is called from now on; where a name is taken, what it was called before. */
  names: CustomResourceNames
  condition: Pick<Condition, 'type' | 'status' | 'reason' | 'message'>
}

/** Names in a group: of what is in paths, and of Kinds. */
interface TakenNames {
  resources: ReadonlySet<string>
  kinds: ReadonlySet<string>
}

export function takenNames(others: readonly CustomResourceDefinition[], builtIn: readonly ResourceDefinition[]): TakenNames {
  const names = [...others.flatMap(({ status }) => status?.acceptedNames ?? []), ...builtIn]
  return {
    resources: new Set(names.flatMap(({ plural, singular = '', shortNames = [] }) => [plural, singular, ...shortNames])),
    kinds: new Set(names.flatMap(({ kind, listKind = '' }) => [kind, listKind])),
  }
}

export function acceptNames({ spec, status }: CustomResourceDefinition, taken: TakenNames): Acceptance {
  const asked = spec.names
  const before: Partial<CustomResourceNames> = status?.acceptedNames ?? {}
  const conflicts: { reason: string; message: string }[] = []
  const give = (reason: string, wanted: string, had: string | undefined, names: ReadonlySet<string>): string => {
    if (wanted === had || !names.has(wanted)) return wanted
    conflicts.push({ reason, message: inUse(wanted) })
    return had ?? ''
  }
  const plural = give('PluralConflict', asked.plural, before.plural, taken.resources)
  const singular = give('SingularConflict', asked.singular ?? '', before.singular, taken.resources)
  const shortNames = giveShortNames(asked.shortNames ?? [], before.shortNames ?? [], taken.resources, conflicts)
  const kind = give('KindConflict', asked.kind, before.kind, taken.kinds)
  const listKind = give('ListKindConflict', asked.listKind ?? '', before.listKind, taken.kinds)
  const names: CustomResourceNames = {
    plural,
    singular,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    kind,
    listKind,
    ...(asked.categories === undefined ? {} : { categories: asked.categories }),
  }
  // As in Kubernetes, the last one is told.
  const conflict = conflicts.at(-1)
  const told = conflict ?? { reason: 'NoConflicts', message: 'no conflicts found' }
  return { names, condition: { type: 'NamesAccepted', status: conflict === undefined ? 'True' : 'False', ...told } }
}

const inUse = (name: string): string => `"${name}" is already in use`

/** All of them, or those of before. */
function giveShortNames(
  asked: readonly string[],
  before: readonly string[],
  taken: ReadonlySet<string>,
  conflicts: { reason: string; message: string }[],
): string[] {
  const refused = asked.filter((name) => !before.includes(name) && taken.has(name)).map(inUse)
  if (refused.length === 0) return [...asked]
  conflicts.push({ reason: 'ShortNamesConflict', message: errorsText(refused) })
  return [...before]
}
