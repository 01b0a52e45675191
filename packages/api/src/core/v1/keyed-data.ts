// What ConfigMap and Secret have in common: small files by key, which can be frozen.

import { configKeyFinding, type FieldError, forbidden, invalid } from '../../meta/index.ts'

/** Kubernetes' bound: etcd takes 1.5 MiB an object, and a kubelet keeps every mounted one in memory. */
export const maxDataBytes = 1_048_576

export const tooManyBytes = `may not be more than ${maxDataBytes} bytes`
const frozen = 'field is immutable when `immutable` is set'

type Data = Readonly<Record<string, string>>

export function validateKeys(field: string, data: Data | undefined): FieldError[] {
  return Object.keys(data ?? {}).flatMap((key) => {
    const finding = configKeyFinding(key)
    return finding === undefined ? [] : [invalid(`${field}[${key}]`, key, finding)]
  })
}

/** The fields that may not change once `immutable` was set. */
export function validateFrozen<T extends { immutable?: boolean }>(
  object: T,
  old: T | undefined,
  fields: readonly (keyof T & string)[],
): FieldError[] {
  if (old?.immutable !== true) return []
  const errors = object.immutable === true ? [] : [forbidden('immutable', frozen)]
  for (const field of fields) {
    if (!sameData(object[field] as Data | undefined, old[field] as Data | undefined)) errors.push(forbidden(field, frozen))
  }
  return errors
}

function sameData(left: Data = {}, right: Data = {}): boolean {
  const keys = Object.keys(left)
  return keys.length === Object.keys(right).length && keys.every((key) => left[key] === right[key])
}

export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length
}
