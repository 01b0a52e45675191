// What `kubectl get` prints: columns and cells, made here so that every client prints a Kind alike. Pure.

import type { ApiObject, Column, Json, ListMeta, ResourceDefinition } from '@sheaf/api/meta'
import { ageOf } from './age.ts'
import type { OutputForm } from './negotiation.ts'
import { partialMetadata } from './partial-metadata.ts'

export type IncludeObject = 'None' | 'Metadata' | 'Object'

export interface TableOptions {
  definition: ResourceDefinition
  metaVersion: OutputForm['metaVersion']
  includeObject: IncludeObject
  nowMs: number
  /** False for all events of a watch but the first. */
  withColumns: boolean
}

export interface Table {
  kind: 'Table'
  apiVersion: string
  metadata: ListMeta
  columnDefinitions: Omit<Column, 'cell'>[] | null
  rows: { cells: Json[]; object: ApiObject | null }[]
}

const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description:
    'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically.',
  priority: 0,
  cell: (object) => object.metadata.name,
}

const ageColumn: Column = {
  name: 'Age',
  type: 'date',
  description: 'CreationTimestamp is the time at which this object was created.',
  priority: 0,
  cell: (object) => object.metadata.creationTimestamp ?? undefined,
}

/** `Name` first, unless the Kind puts it elsewhere itself; a Kind that names no columns has its age. */
function columnsOf({ columns }: ResourceDefinition): readonly Column[] {
  if (columns.some(({ name }) => name === nameColumn.name)) return columns
  return [nameColumn, ...(columns.length === 0 ? [ageColumn] : columns)]
}

export function tableOf(objects: readonly ApiObject[], metadata: ListMeta, options: TableOptions): Table {
  const columns = columnsOf(options.definition)
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.metaVersion}`,
    metadata,
    columnDefinitions: options.withColumns ? columns.map(definitionOf) : null,
    rows: objects.map((object) => ({
      cells: columns.map((column) => cellOf(column, object, options.nowMs)),
      object: includedOf(object, options),
    })),
  }
}

function definitionOf({ name, type, format = '', description, priority }: Column): Omit<Column, 'cell'> {
  return { name, type, format, description, priority }
}

function cellOf(column: Column, object: ApiObject, nowMs: number): Json {
  const value = column.cell(object)
  return column.type === 'date' ? ageOf(value, nowMs) : (value ?? null)
}

function includedOf(object: ApiObject, { includeObject, metaVersion }: TableOptions): ApiObject | null {
  if (includeObject === 'Object') return object
  return includeObject === 'Metadata' ? partialMetadata(object, metaVersion) : null
}
