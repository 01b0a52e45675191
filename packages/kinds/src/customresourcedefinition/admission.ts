// What may be written about a custom resource definition, beyond what can be read from its fields alone: whether its patterns,
// defaults and rules hold, and whether it is about something that the server was built with.

import { type CustomResourceDefinition, type CustomResourceVersion, customResourceDefinitionDefinition } from '@sheaf/api'
import { type FieldError, invalidError, type JsonSchema, qualifiedResource, sameJson } from '@sheaf/api/meta'
import type { Admission, AdmissionRequest } from '@sheaf/machinery/kind'
import { defaultFindings, patternFindings, ruleFindings, unknownFormats } from '@sheaf/machinery/schema'
import type { BuiltInResources } from './index.ts'

type Request = AdmissionRequest<CustomResourceDefinition>

export function admitCustomResourceDefinition(builtIn: BuiltInResources): Admission<CustomResourceDefinition> {
  return {
    mutate(request) {
      if (request.subresource === undefined) noteStorageVersion(request)
    },
    async validate(request) {
      if (request.operation === 'DELETE' || request.subresource !== undefined) return
      await checkSchemas(request)
      warnOfFormats(request)
      warnOfBuiltIn(request, builtIn)
    },
  }
}

/** From now on objects may lie there in this version. Known with the write itself: nothing may be stored before. */
function noteStorageVersion({ object }: Request): void {
  const { storedVersions = [] } = object.status ?? {}
  const storage = object.spec.versions.find((version) => version.storage)?.name
  if (storage === undefined || storedVersions.includes(storage)) return
  const { acceptedNames = { plural: '', kind: '' }, conditions = [] } = object.status ?? {}
  object.status = { acceptedNames, conditions, storedVersions: [...storedVersions, storage] }
}

/** What has not changed was looked at before, by this release or by one that knew less: it stays as it is. */
async function checkSchemas({ object, oldObject, name }: Request): Promise<void> {
  const before = new Map(oldObject?.spec.versions.map((version) => [version.name, schemaOf(version)]))
  const errors: FieldError[] = []
  for (const [index, version] of object.spec.versions.entries()) {
    const schema = schemaOf(version)
    if (schema === undefined || sameJson(schema, before.get(version.name))) continue
    const path = `spec.versions[${index}].schema.openAPIV3Schema`
    const patterns = patternFindings(schema, path)
    // Defaults are matched against patterns.
    const found = patterns.length > 0 ? patterns : defaultFindings(schema, path)
    errors.push(...(found.length > 0 ? found : await ruleFindings(schema, path)))
  }
  if (errors.length > 0) throw invalidError(customResourceDefinitionDefinition, name, errors)
}

const schemaOf = ({ schema }: CustomResourceVersion): JsonSchema | undefined => schema?.openAPIV3Schema

function warnOfFormats({ object, oldObject, warn }: Request): void {
  const formatsOf = (definition: CustomResourceDefinition | undefined): string[] =>
    (definition?.spec.versions ?? []).flatMap((version) => {
      const schema = schemaOf(version)
      return schema === undefined ? [] : unknownFormats(schema)
    })
  const before = new Set(formatsOf(oldObject))
  for (const format of new Set(formatsOf(object))) if (!before.has(format)) warn(`unrecognized format ${JSON.stringify(format)}`)
}

function warnOfBuiltIn({ object, operation, warn }: Request, builtIn: BuiltInResources): void {
  const { group, names } = object.spec
  const own = builtIn().find((each) => each.group === group && each.plural === names.plural)
  if (own === undefined || operation !== 'CREATE') return
  const resource = qualifiedResource(own)
  warn(
    `${resource} is built into this server: it is served as ${group}/${own.version} by the server's own schema, and this definition changes nothing`,
  )
}
