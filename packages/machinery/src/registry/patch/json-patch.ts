// RFC 6902, by fast-json-patch.

import { badRequest, isJsonObject, type Json, StatusError } from '@sheaf/api/meta'
import jsonPatch, { type Operation } from 'fast-json-patch'
import { cloneJson } from '../clone-json.ts'

/** As kube-apiserver's: a patch of more is a mistake or an attack. */
const maxOperations = 10_000

/** Each `copy` may double a document; a few dozen of them would fill the memory. As much as a body may have. */
const maxCopiedBytes = 3 * 1024 * 1024

/** As deep as a body may nest: a patch could otherwise build, level by level, what nobody can send. */
const maxDepth = 500

const operations = new Set(['add', 'remove', 'replace', 'move', 'copy', 'test'])

/** The patched document; the one that is given stays as it is. */
export function applyJsonPatch(document: Json, patch: Json): Json {
  const checked = checkOperations(patch)
  let copied = 0
  const budget = (operation: Operation, _index: number, current: Json): void => {
    if (operation.op !== 'copy') return
    const value: unknown = jsonPatch.getValueByPointer(current, operation.from)
    copied += JSON.stringify(value ?? null).length
    if (copied > maxCopiedBytes) throw failed(`copy operations of more than ${maxCopiedBytes} bytes`)
  }
  let next = cloneJson(document)
  for (const [index, operation] of cloneJson(checked).entries()) {
    try {
      budget(operation, index, next)
      const done = asKubernetesDoes(operation, next)
      requireTarget(done, next)
      next = jsonPatch.applyOperation(next, done, true, true, true, index).newDocument
    } catch (error) {
      throw error instanceof StatusError
        ? error
        : failed(`operation ${index} (${operation.op} ${operation.path}): ${reasonOf(error)}`)
    }
  }
  checkDepth(next, maxDepth)
  return next
}

function checkDepth(value: Json | undefined, levelsLeft: number): void {
  if (typeof value !== 'object' || value === null) return
  if (levelsLeft === 0) throw failed(`it leads to an object that nests deeper than ${maxDepth} levels`)
  for (const item of Object.values(value)) checkDepth(item, levelsLeft - 1)
}

function checkOperations(patch: Json): Operation[] {
  if (!Array.isArray(patch)) {
    const type = isJsonObject(patch) ? 'object' : typeof patch
    throw badRequest(`error decoding patch: json: cannot unmarshal ${type} into Go value of type []handlers.jsonPatchOp`)
  }
  if (patch.length > maxOperations) {
    const message = `Request entity too large: The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`
    throw new StatusError(413, 'RequestEntityTooLarge', message)
  }
  for (const [index, operation] of patch.entries()) {
    const isOperation = isJsonObject(operation) && typeof operation.op === 'string' && operations.has(operation.op)
    if (!isOperation) throw failed(`operation ${index} has no op of add, remove, replace, move, copy or test`)
    if (typeof operation.path !== 'string') throw badRequest(`operation ${index} of the JSON patch has no path`)
  }
  // The rest of an operation's shape is checked by the library when it is applied.
  return patch as unknown as Operation[]
}

/** The RFC wants what is replaced to be there. Kubernetes' library does not look, where an object holds it, and people rely on it. */
function asKubernetesDoes(operation: Operation, document: Json): Operation {
  if (operation.op !== 'replace' || operation.path === '') return operation
  const holder: unknown = jsonPatch.getValueByPointer(document, operation.path.slice(0, operation.path.lastIndexOf('/')))
  return isJsonObject(holder) ? { ...operation, op: 'add' } : operation
}

/** The library lets `remove` of a list index beyond its end pass. */
function requireTarget(operation: Operation, document: Json): void {
  if (operation.op !== 'remove' && operation.op !== 'replace') return
  if (operation.path !== '' && jsonPatch.getValueByPointer(document, operation.path) === undefined) {
    throw new Error('the path does not exist')
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
}

/** Clients match on Kubernetes' text, which hides the cause; it stands beside. */
function failed(why: string): StatusError {
  const message = 'the server rejected our request due to an error in our request'
  return new StatusError(422, 'Invalid', message, { causes: [{ message: why, field: 'patch' }] })
}
