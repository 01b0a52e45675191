// What is known of an instance, as files: Kubernetes' downward API.

import type { VirtualMachineInstance } from '@sheaf/api'
import type { KeyedFiles } from './keyed-content.ts'
import { cannotMount } from './missing.ts'

type DownwardVolume = NonNullable<NonNullable<VirtualMachineInstance['spec']['volumes']>[number]['downwardAPI']>
type Field = NonNullable<DownwardVolume['fields']>[number]

export function downwardFiles(volume: string, fields: readonly Field[], { metadata }: VirtualMachineInstance): KeyedFiles {
  return Object.fromEntries(fields.map((field) => [field.path, valueOf(volume, field, metadata)]))
}

/** The path of an entry of labels or annotations: `metadata.labels['tier']`. */
const entryPath = /^metadata\.(labels|annotations)\['(.+)'\]$/

function valueOf(
  volume: string,
  { fieldRef, path, resourceFieldRef }: Field,
  metadata: VirtualMachineInstance['metadata'],
): string {
  if (fieldRef === undefined)
    throw cannotMount(
      volume,
      resourceFieldRef === undefined
        ? `the file ${path} needs a fieldRef`
        : `the file ${path} asks for ${resourceFieldRef.resource} of a container, and guests run in none; use a fieldRef`,
    )
  const { fieldPath } = fieldRef
  const [, map, key = ''] = entryPath.exec(fieldPath) ?? []
  if (map === 'labels' || map === 'annotations') return metadata[map]?.[key] ?? ''
  switch (fieldPath) {
    case 'metadata.name':
    case 'metadata.namespace':
    case 'metadata.uid':
      return metadata[fieldPath.slice('metadata.'.length) as 'name' | 'namespace' | 'uid'] ?? ''
    case 'metadata.labels':
      return linesOf(metadata.labels)
    case 'metadata.annotations':
      return linesOf(metadata.annotations)
    default:
      throw cannotMount(volume, `unsupported fieldPath: ${fieldPath}`)
  }
}

/** `key="value"`, sorted, as Kubernetes writes them. */
function linesOf(map: Readonly<Record<string, string>> | undefined): string {
  const entries = Object.entries(map ?? {}).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return entries.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join('\n')
}
