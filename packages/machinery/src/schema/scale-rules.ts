// What the numbers of a custom object have to be that its Kind's scale reads, whatever its schema says. In kube-apiserver's words.

import {
  type ApiObject,
  type FieldError,
  goPlain,
  goType,
  invalid,
  isJsonObject,
  type Json,
  type ResourceDefinition,
} from '@sheaf/api/meta'

const greatestInt32 = 2 ** 31 - 1

export function checkScaleNumbers({ origin, scale }: ResourceDefinition, object: ApiObject): FieldError[] {
  if (origin !== 'custom' || scale === undefined) return []
  return [scale.specReplicasPath, scale.statusReplicasPath].flatMap((path) => {
    const found = lookAlong(object, path)
    if (found.kind === 'obstacle') {
      const why = `${path} accessor error: ${goPlain(found.value)} is of the type ${goType(found.value)}, expected ${found.expected}`
      return [invalid(path, 0, why)]
    }
    const { number } = found
    if (number === undefined) return []
    if (number < 0) return [invalid(path, number, 'should be a non-negative integer')]
    return number > greatestInt32 ? [invalid(path, number, `should be less than or equal to ${greatestInt32}`)] : []
  })
}

type Look = { kind: 'number'; number: number | undefined } | { kind: 'obstacle'; value: Json; expected: string }

function lookAlong(object: ApiObject, path: string): Look {
  let value: Json | undefined = object as unknown as Json
  for (const step of stepsOf(path)) {
    if (!isJsonObject(value)) return { kind: 'obstacle', value, expected: 'map[string]interface{}' }
    value = Object.hasOwn(value, step) ? value[step] : undefined
    if (value === undefined) return { kind: 'number', number: undefined }
  }
  return Number.isInteger(value) ? { kind: 'number', number: Number(value) } : { kind: 'obstacle', value, expected: 'int64' }
}

/** `.spec.replicas` → `spec`, `replicas` */
export const stepsOf = (path: string): string[] => path.split('.').filter((step) => step !== '')

/** Undefined where nothing is. */
export function valueAt(object: ApiObject, path: string): Json | undefined {
  let value: Json | undefined = object as unknown as Json
  for (const step of stepsOf(path)) value = isJsonObject(value) && Object.hasOwn(value, step) ? value[step] : undefined
  return value
}
