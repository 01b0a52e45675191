// What a body may be, whatever its language.

import { badRequest, type StatusError } from '@sheaf/api/meta'

/** As kube-apiserver's. */
export const maxBodyBytes = 3 * 1024 * 1024

/**
 * Dense YAML takes some 2.5 µs a byte to read, and everybody waits meanwhile. Clients send JSON; what a person writes by
 * hand is far smaller.
 */
export const maxYamlBytes = 512 * 1024

/** No schema nests nearly as deep; recursive walks stay far from the end of the stack. */
const maxDepth = 500

export function checkDepth(depth: number): void {
  if (depth > maxDepth) throw nestsTooDeep()
}

export const nestsTooDeep = (): StatusError => badRequest(`exceeded max depth: the body nests deeper than ${maxDepth} levels`)

/** The one name that is not only data to JavaScript. */
export function checkFieldName(name: string): void {
  if (name === '__proto__') throw badRequest('a field cannot be named "__proto__"')
}
