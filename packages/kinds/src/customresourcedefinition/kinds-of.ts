// What a custom resource definition makes the server serve. Pure.

import { type CustomResourceDefinition, type CustomResourceNames, type CustomResourceVersion, findCondition } from '@sheaf/api'
import { type JsonSchema, type ResourceDefinition, StatusError } from '@sheaf/api/meta'
import type { Admission, Kind } from '@sheaf/machinery/kind'
import { columnOf } from './columns.ts'
import { textAt } from './json-path.ts'

/** A Kind for each version that is served, none before the names are accepted. */
export function kindsOf(definition: CustomResourceDefinition, read: () => CustomResourceDefinition): Kind[] {
  const names = definition.status?.acceptedNames
  const isEstablished = findCondition(definition.status?.conditions, 'Established')?.status === 'True'
  if (!isEstablished || names === undefined || names.plural !== definition.spec.names.plural) return []
  const isTerminating = definition.metadata.deletionTimestamp !== undefined
  const { versions } = definition.spec
  const storage = versions.find((version) => version.storage)?.name ?? ''
  // What is in store must be within reach for those who take it away.
  const served = versions.filter((version) => version.served || (isTerminating && version.storage))
  return served.map((version) => ({
    definition: resourceOf(definition, version, names, storage),
    admission: isTerminating ? refusesCreation : {},
    schema: once(() => schemaOf(read(), version.name)),
  }))
}

function schemaOf({ spec }: CustomResourceDefinition, version: string): JsonSchema | undefined {
  return spec.versions.find(({ name }) => name === version)?.schema?.openAPIV3Schema
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

const refusesCreation: Admission = {
  validate({ operation }) {
    if (operation !== 'CREATE') return
    const message = 'create not allowed while custom resource definition is terminating'
    throw new StatusError(405, 'MethodNotAllowed', message)
  },
}

function resourceOf(
  { spec }: CustomResourceDefinition,
  version: CustomResourceVersion,
  names: CustomResourceNames,
  storageVersion: string,
): ResourceDefinition {
  const { group, scope } = spec
  const { plural, singular = '', kind, listKind = `${kind}List`, shortNames = [], categories = [] } = names
  const { subresources, additionalPrinterColumns = [], selectableFields = [] } = version
  const { scale } = subresources ?? {}
  const deprecationWarning = deprecationOf(spec, version)
  return {
    group,
    version: version.name,
    kind,
    listKind,
    plural,
    singular,
    shortNames,
    categories,
    scope,
    schemaName: `${group.split('.').toReversed().join('.')}.${version.name}.${kind}`,
    origin: 'custom',
    hasStatus: subresources?.status !== undefined,
    ...(scale === undefined ? {} : { scale }),
    countsGeneration: true,
    createsOnUpdate: false,
    storageVersion,
    ...(deprecationWarning === undefined ? {} : { deprecationWarning }),
    nameRule: 'subdomain',
    withoutVerbs: [],
    columns: additionalPrinterColumns.map(columnOf),
    selectableFields: Object.fromEntries(
      selectableFields.map(({ jsonPath }) => [jsonPath.slice(1), (object) => textAt(object, jsonPath)]),
    ),
  }
}

function deprecationOf(
  { group, names, versions }: CustomResourceDefinition['spec'],
  { name, deprecated, deprecationWarning }: CustomResourceVersion,
): string | undefined {
  if (deprecated !== true) return undefined
  if (deprecationWarning !== undefined) return deprecationWarning
  const better = versions.find((version) => version.served && version.deprecated !== true)
  const advice = better === undefined ? '' : `; use ${group}/${better.name} ${names.kind}`
  return `${group}/${name} ${names.kind} is deprecated${advice}`
}
