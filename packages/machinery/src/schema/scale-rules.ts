// What the numbers of a custom object have to be that its Kind's scale reads, whatever its schema says. In kube-apiserver's words.

import { type ApiObject, type FieldError, invalid, isJsonObject, type Json, type ResourceDefinition } from '@sheaf/api/meta'

const greatestInt32 = 2 ** 31 - 1

export function checkScaleNumbers({ origin, scale }: ResourceDefinition, object: ApiObject): FieldError[] {
  if (origin !== 'custom' || scale === undefined) return []
  return [scale.specReplicasPath, scale.statusReplicasPath].flatMap((path) => {
    const number = valueAt(object, path)
    if (typeof number !== 'number') return []
    if (number < 0) return [invalid(path, number, 'should be a non-negative integer')]
    return number > greatestInt32 ? [invalid(path, number, `should be less than or equal to ${greatestInt32}`)] : []
  })
}

/** `.spec.replicas` → `spec`, `replicas` */
export const stepsOf = (path: string): string[] => path.split('.').filter((step) => step !== '')

export function valueAt(object: ApiObject, path: string): Json | undefined {
  let value: Json | undefined = object as unknown as Json
  for (const step of stepsOf(path)) value = isJsonObject(value) && Object.hasOwn(value, step) ? value[step] : undefined
  return value
}
