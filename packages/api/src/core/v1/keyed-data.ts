// What ConfigMap and Secret have in common: small files by key, which can be frozen.

import { configKeyFinding, type FieldError, forbidden, invalid } from '../../meta/index.ts'

/** Kubernetes' bound: etcd takes 1.5 MiB an object, and a kubelet keeps every mounted one in memory. */
export const maxDataBytes = 1_048_576

export const tooManyBytes = `may not be more than ${maxDataBytes} bytes`
const frozen = 'field is immutable when `immutable` is set'

type Data = Readonly<Record<string, string>>

export function validateKeys(field: string, data: Data | undefined): FieldError[] {
  const errors: FieldError[] = []
  for (const key in data) {
    const finding = configKeyFinding(key)
    if (finding !== undefined) errors.push(invalid(`${field}[${key}]`, key, finding))
  }
  return errors
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

/** Whether all values together may be more than is allowed; most are so small that nobody need count. */
export function mayBeTooMany(...parts: readonly (Data | undefined)[]): boolean {
  const mostBytesOfOne = 3
  let most = 0
  for (const data of parts) for (const key in data) most += mostBytesOfOne * (data[key]?.length ?? 0)
  return most > maxDataBytes
}

/** In UTF-8, which is not made for it. */
export function byteLength(text: string): number {
  let bytes = text.length
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    // A pair of surrogates is four bytes, one alone is replaced by a character of three.
    if (unit > 0x7ff) bytes += 2
    else if (unit > 0x7f) bytes += 1
    if (unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(text.charCodeAt(at + 1))) at++
  }
  return bytes
}

const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000
