// `kubectl apply` without server-side apply keeps its last configuration in an annotation. Who then applies with the server's
// help finds the fields in the hands of another manager, itself; so these are no conflicts, and the annotation is kept
// true for those who go back.

import { type ApiObject, isJsonObject, type Json, type JsonObject } from '@sheaf/api/meta'
import { checkApplied } from './check-applied.ts'
import { type FieldSet, hasPath } from './field-set.ts'
import type { FieldType } from './field-type.ts'
import { type Applied, type ApplyCall, applyConfiguration, stillAsApplied } from './ownership.ts'

const annotation = 'kubectl.kubernetes.io/last-applied-configuration'

/** Only this manager is known to have written the annotation. */
const client = 'kubectl'

export function applyAsClient(call: ApplyCall): Applied {
  const applied = applyConfiguration(call)
  if (call.name.manager !== client) return applied
  if (applied.kind === 'applied') return { ...applied, object: withLastApplied(applied.object, call.configuration) }
  const own = lastAppliedFields(call.live, call.type, call.name.apiVersion)
  if (own === undefined) return applied
  const conflicts = applied.conflicts.filter(({ path }) => !hasPath(own, path))
  return conflicts.length > 0 ? { kind: 'conflicts', conflicts } : applyAsClient({ ...call, force: true })
}

/** Undefined where there is no configuration that can be read. */
function lastAppliedFields(live: ApiObject, type: FieldType, apiVersion: string): FieldSet | undefined {
  const text = live.metadata.annotations?.[annotation]
  if (!text) return undefined
  const configuration = parsed(text)
  if (!isJsonObject(configuration) || configuration.apiVersion !== apiVersion) return undefined
  return checkApplied(configuration, type).length > 0 ? undefined : stillAsApplied(configuration, live, type)
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

function withLastApplied(object: Json, configuration: Json): Json {
  const annotations = annotationsOf(object)
  if (!isJsonObject(object) || !isJsonObject(object.metadata) || !annotations?.[annotation]) return object
  const text = `${JSON.stringify(sorted(withoutAnnotation(configuration)))}\n`
  return { ...object, metadata: { ...object.metadata, annotations: { ...annotations, [annotation]: text } } }
}

function annotationsOf(object: Json): JsonObject | undefined {
  const metadata = isJsonObject(object) ? object.metadata : undefined
  return isJsonObject(metadata) && isJsonObject(metadata.annotations) ? metadata.annotations : undefined
}

function withoutAnnotation(configuration: Json): Json {
  const annotations = annotationsOf(configuration)
  if (!isJsonObject(configuration) || !isJsonObject(configuration.metadata) || annotations === undefined) return configuration
  const { [annotation]: _own, ...others } = annotations
  return { ...configuration, metadata: { ...configuration.metadata, annotations: others } }
}

/** As Go writes a map: by name. */
function sorted(value: Json | undefined): Json {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isJsonObject(value)) return value ?? null
  const names = Object.keys(value).sort()
  return Object.fromEntries(names.map((name) => [name, sorted(value[name])]))
}
