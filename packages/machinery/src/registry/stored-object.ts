// Between an object and its stored text. The text carries its own resourceVersion, so that it is sent as it lies.

import type { ApiObject } from '@sheaf/api/meta'
import type { Encoded } from './registry.ts'

/** An object takes some four times the memory of its text: of those that were read last, no more are kept than these characters make. */
const mostKeptText = 1024 * 1024

/** In two generations: what nobody asked for during one is forgotten with it. */
let recent = new Map<Encoded, ApiObject>()
let older = new Map<Encoded, ApiObject>()
let recentText = 0

/** The object of a text: parsed when first asked for, shared by all readers, so nobody may change it. */
export function objectOf(encoded: Encoded): ApiObject {
  const known = recent.get(encoded)
  if (known !== undefined) return known
  // What is stored was encoded by `encodeObject` from an object that had passed admission.
  const object = older.get(encoded) ?? (JSON.parse(encoded.text) as ApiObject)
  recent.set(encoded, object)
  recentText += encoded.text.length
  if (recentText > mostKeptText / 2) {
    older = recent
    recent = new Map()
    recentText = 0
  }
  return object
}

/**
 * The text of an object, given its revision later: the expensive part is done once, before the store appends. 0 stands
 * for an object that was never stored (dry run).
 */
export function encodeObject(object: ApiObject): (revision: number) => string {
  const { apiVersion, kind, metadata, ...fields } = object
  const { name, namespace, uid, resourceVersion: _ignored, ...meta } = metadata
  const head = `{${members({ apiVersion, kind })},"metadata":{${members({ name, namespace, uid })}`
  const metaTail = members(meta)
  const fieldTail = members(fields)
  const tail = `${metaTail === '' ? '' : `,${metaTail}`}}${fieldTail === '' ? '' : `,${fieldTail}`}}`
  return (revision) => (revision === 0 ? head + tail : `${head},"resourceVersion":"${revision}"${tail}`)
}

function members(object: object): string {
  return JSON.stringify(object).slice(1, -1)
}
