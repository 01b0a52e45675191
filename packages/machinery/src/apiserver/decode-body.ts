// From the bytes of a request to a value, in the languages that clients speak.

import type { ApiRequest } from '@sheaf/api/client'
import { badRequest, type Json, StatusError, tooLarge } from '@sheaf/api/meta'
import type { PatchType } from '../registry/patch.ts'
import type { DecodedBody } from '../registry/registry.ts'
import { maxBodyBytes, maxYamlBytes } from './body-limits.ts'
import { decodeYaml } from './decode-yaml.ts'
import { duplicateFields } from './json-scan.ts'
import { decodeProtobuf } from './protobuf/decode-object.ts'

type Origin = 'native' | 'custom'

/** The body of a POST, PUT or DELETE; undefined when there is none. `what` is named in messages: `Widget in version "v1"`. */
export function decodeBody(
  request: ApiRequest,
  origin: Origin,
  unusable: (why: string, body: string) => StatusError,
): DecodedBody | undefined {
  const bytes = bodyBytes(request)
  if (bytes.length === 0) return undefined
  const type = mediaType(request)
  switch (type) {
    case '':
    case 'application/json':
      return explained(
        (why) => unusable(why, textOf(bytes)),
        () => decodeJson(textOf(bytes)),
      )
    case 'application/yaml':
      if (bytes.length > maxYamlBytes) throw yamlTooLarge()
      return explained(
        (why) => unusable(why, textOf(bytes)),
        () => decodeYaml(textOf(bytes)),
      )
    case 'application/vnd.kubernetes.protobuf':
      if (origin === 'native') return { value: decodeProtobuf(bytes), strictIssues: [] }
  }
  const types = ['application/json', 'application/yaml', ...(origin === 'native' ? ['application/vnd.kubernetes.protobuf'] : [])]
  throw unknownFormat(types)
}

/** The body of an action that takes bytes. */
export function rawBody(request: ApiRequest): Uint8Array {
  const bytes = bodyBytes(request)
  if (bytes.length > 0 && mediaType(request) !== 'application/octet-stream') throw unknownFormat(['application/octet-stream'])
  return bytes
}

export interface DecodedPatch {
  type: PatchType | 'apply'
  body: DecodedBody
}

export function decodePatch(request: ApiRequest, origin: Origin): DecodedPatch {
  const type = patchTypeOf(mediaType(request), origin)
  const bytes = bodyBytes(request)
  const body = type === 'apply' ? decodeConfiguration(bytes) : decodeJsonPatch(bytes, type)
  return { type, body }
}

function decodeJsonPatch(bytes: Uint8Array, type: PatchType): DecodedBody {
  return explained(
    (why) => badRequest(type === 'strategic' ? why.replace(/^.*json parse error: /, '') : `error decoding patch: ${why}`),
    () => decodeJson(textOf(bytes)),
  )
}

/** YAML by its name; nearly all clients send the part of it that is JSON, which is read much faster. */
function decodeConfiguration(bytes: Uint8Array): DecodedBody {
  const text = textOf(bytes)
  const refuse = (why: string): StatusError => badRequest(`error decoding YAML: ${why}`)
  if (/^\s*\{/.test(text)) {
    try {
      const body = decodeJson(text)
      if (body.strictIssues.length === 0) return body
    } catch (error) {
      if (error instanceof StatusError) throw error
    }
  }
  if (bytes.length > maxYamlBytes) throw yamlTooLarge()
  return explained(refuse, () => decodeYaml(text))
}

function patchTypeOf(type: string, origin: Origin): DecodedPatch['type'] {
  switch (type) {
    case 'application/json-patch+json':
      return 'json'
    case 'application/merge-patch+json':
      return 'merge'
    case 'application/strategic-merge-patch+json':
      if (origin === 'native') return 'strategic'
      break
    case 'application/apply-patch+yaml':
      return 'apply'
  }
  const strategic = origin === 'native' ? ['application/strategic-merge-patch+json'] : []
  throw unknownFormat([
    'application/json-patch+json',
    'application/merge-patch+json',
    ...strategic,
    'application/apply-patch+yaml',
  ])
}

function yamlTooLarge(): StatusError {
  const { code, reason, message } = tooLarge(maxYamlBytes)
  return new StatusError(code, reason, `${message} for YAML: send it as JSON`)
}

function unknownFormat(types: readonly string[]): StatusError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${types.join(', ')}`
  return new StatusError(415, 'UnsupportedMediaType', message)
}

/** The type without its parameters; they change nothing for JSON and YAML. */
function mediaType({ headers }: ApiRequest): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

/** Throws RequestEntityTooLarge before anything reads the body. */
function bodyBytes({ body = '' }: ApiRequest): Uint8Array {
  // A text has at least as many bytes as characters.
  if (body.length > maxBodyBytes) throw tooLarge(maxBodyBytes)
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  if (bytes.length > maxBodyBytes) throw tooLarge(maxBodyBytes)
  return bytes
}

const decoder = new TextDecoder()

function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

function decodeJson(text: string): DecodedBody {
  let value: Json
  try {
    value = JSON.parse(text) as Json
  } catch (error) {
    throw new Error(`json parse error: ${jsonProblem(text, error)}`, { cause: error })
  }
  return { value, strictIssues: duplicateFields(text).map((path) => `duplicate field "${path}"`) }
}

/** Go's words where a text ends too early, which happens to those who send in pieces; else our reader's own. */
function jsonProblem(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const at = /at position (\d+)/.exec(message)?.[1]
  const isCut = message.startsWith('Unexpected end') || Number(at) >= text.trimEnd().length
  return isCut ? 'unexpected end of JSON input' : message
}

function explained<T>(unusable: (why: string) => StatusError, decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (error instanceof StatusError) throw error
    throw unusable(`couldn't get version/kind; ${error instanceof Error ? error.message : String(error)}`)
  }
}
