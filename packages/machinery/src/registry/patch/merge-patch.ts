// RFC 7386: objects merge, null deletes, everything else replaces. Pure.

import { badRequest, isJsonObject, type Json, type JsonObject } from '@sheaf/api/meta'

/** The patched document. It may share parts with both, which stay as they are. */
export function applyMergePatch(document: Json, patch: Json): Json {
  if (!isJsonObject(patch)) {
    const type = Array.isArray(patch) ? 'array' : typeof patch
    throw badRequest(`error decoding patch: json: cannot unmarshal ${type} into Go value of type map[string]interface {}`)
  }
  return merge(document, patch)
}

function merge(document: Json | undefined, patch: JsonObject): JsonObject {
  const merged: JsonObject = isJsonObject(document) ? { ...document } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null || value === undefined) delete merged[name]
    else if (isJsonObject(value)) merged[name] = merge(Object.hasOwn(merged, name) ? merged[name] : undefined, value)
    else merged[name] = value
  }
  return merged
}
