// The refusal of a configuration that wants what is somebody else's. kubectl reads the causes for its advice.

import { StatusError } from '@sheaf/api/meta'
import { pathText } from './field-path.ts'
import { identityOf, type Manager } from './managers.ts'
import type { OwnershipConflict } from './ownership.ts'

export function conflictError(conflicts: readonly OwnershipConflict[]): StatusError {
  const causes = conflicts.map(({ owner, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${ownerText(owner)}`,
    field: pathText(path),
  }))
  return new StatusError(409, 'Conflict', messageOf(conflicts), { causes })
}

function messageOf(conflicts: readonly OwnershipConflict[]): string {
  const [first] = conflicts
  if (first !== undefined && conflicts.length === 1) {
    return `Apply failed with 1 conflict: conflict with ${ownerText(first.owner)}: ${pathText(first.path)}`
  }
  const byOwner = Map.groupBy(conflicts, ({ owner }) => identityOf(owner))
  const lines = [...byOwner.keys()].sort().flatMap((identity) => {
    const own = byOwner.get(identity) ?? []
    const [one] = own
    return one === undefined ? [] : [`conflicts with ${ownerText(one.owner)}:`, ...own.map(({ path }) => `- ${pathText(path)}`)]
  })
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`
}

function ownerText({ manager, operation, apiVersion, subresource }: Manager): string {
  const name = JSON.stringify(manager) + (subresource === undefined ? '' : ` with subresource ${JSON.stringify(subresource)}`)
  return operation === 'Update' ? `${name} using ${apiVersion}` : name
}
