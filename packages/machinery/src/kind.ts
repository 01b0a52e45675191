// What machinery wants to know of a Kind. A Kind is a definition (what it looks like), an admission (what may be
// written, given everything else) and actions (verbs beside the usual ones). Machinery itself names none.

import type { Duplex } from 'node:stream'
import type { ApiResponse } from '@sheaf/api/client'
import type { ApiObject, Json, JsonSchema, ResourceDefinition } from '@sheaf/api/meta'

export type { AccessAttributes, Authorizer, Decision, ResourceAttributes } from './apiserver/access.ts'
export type { AnsweredRequest, RequestObserver, RequestSubject } from './apiserver/request-observer.ts'

export interface UserInfo {
  username: string
  groups: readonly string[]
  uid?: string
  /** What else is known of the user, such as which credential was shown. */
  extra?: Readonly<Record<string, readonly string[]>>
  /** One of the server's own controllers, which come through the same door as everybody. */
  isSelf?: true
}

export interface AdmissionRequest<T extends ApiObject = ApiObject> {
  operation: 'CREATE' | 'UPDATE' | 'DELETE'
  /** `status` or `scale` for a write through that subresource. */
  subresource: string | undefined
  user: UserInfo
  namespace: string
  name: string
  /** What would be stored: a private copy that `mutate` may change. For DELETE the stored object. */
  object: T
  /** What is stored. */
  oldObject: T | undefined
  dryRun: boolean
  /** Sends `Warning: 299` with the answer. */
  warn(text: string): void
}

/**
 * Asked last before something is made, or another spec of it is stored, whatever its Kind: whether there is room for it. Throws
 * Forbidden. What it resolves with is called when that is done, or could not be.
 */
export type Charge = (definition: ResourceDefinition, request: AdmissionRequest) => Promise<() => void>

/** The rules that need more than the object itself. Each may throw a StatusError. */
export interface Admission<T extends ApiObject = ApiObject> {
  /** Runs after defaults and before validation. */
  mutate?(request: AdmissionRequest<T>): void | Promise<void>
  /** Runs after the schema and the definition's own rules have passed. */
  validate?(request: AdmissionRequest<T>): void | Promise<void>
}

/** A question that was sent as an object. */
export interface ReviewCall<T extends ApiObject = ApiObject> {
  /** A private copy. */
  object: T
  namespace: string
  user: UserInfo
}

export interface ActionCall {
  /** Empty where the action is about no object. */
  namespace: string
  name: string
  /** What stood in the place of the words in braces. */
  parameters: Readonly<Record<string, string>>
  query: URLSearchParams
  /** The decoded JSON or YAML body; undefined when it is empty. */
  body: Json | undefined
  /** The body as it is, of an action that takes bytes; empty for any other. */
  bytes: Uint8Array
  user: UserInfo
  signal: AbortSignal
  warn(text: string): void
}

interface ActionBase {
  /** Of the action, which may be another than the object's: `actions.example.org`. */
  group: string
  versions: readonly string[]
  /** The resource whose object the action is about: `widgets`. Absent: it is about none, `/apis/<group>/<version>/<action>`. */
  plural?: string
  /** The rest of the path: `start`, `evacuate/cancel`, `portforward/{port}`. A word in braces stands for any one segment. */
  action: string
}

/** `PUT /apis/<group>/<version>/namespaces/<ns>/<plural>/<name>/<action>` and its answer. */
export interface RequestAction extends ActionBase {
  kind: 'request'
  method: 'GET' | 'PUT' | 'POST'
  /** The body is no value but a piece of a file: `application/octet-stream`, up to the limit of every body. */
  takesBytes?: true
  /** What it takes and answers is an object of a built-in Kind, which typed clients send in their binary form. */
  objectKind?: { group: string; version: string; kind: string }
  run(call: ActionCall): Promise<ApiResponse>
}

/** The same path opened as a websocket: bytes both ways until one side ends. */
export interface StreamAction extends ActionBase {
  kind: 'stream'
  connect(call: ActionCall): Promise<Duplex>
}

export type Action = RequestAction | StreamAction

/** Between the form of a Kind and that of another, whose objects it shows. Pure. */
export interface StoredAs<T extends ApiObject = ApiObject> {
  /** Whose objects they are. */
  definition: ResourceDefinition
  toStored(object: T): ApiObject
  fromStored(stored: ApiObject): T
}

export interface Kind<T extends ApiObject = ApiObject> {
  definition: ResourceDefinition<T>
  /** It has no objects of its own: it is another name and form of another Kind's. */
  storedAs?: StoredAs<T>
  admission?: Admission<T>
  actions?: readonly Action[]
  /** Its schema, where it is not among those that the server was made with. Asked when it is needed: most are rarely. */
  schema?: () => JsonSchema | undefined
  /** Answers an object that is only a question: its definition has no verb but create, and nothing is stored. A method, as in Admission. */
  review?(call: ReviewCall<T>): T | Promise<T>
}

/** The Kind whose objects define further Kinds, which come and go with them. */
export interface DefinitionRole {
  group: string
  version: string
  plural: string
  /**
   * What such an object makes the server serve: a Kind for each version, none as long as it is not ready. Pure. `read` gives
   * the same object again, for what is rarely needed of it and would fill the memory if it were kept.
   */
  kindsOf(definition: ApiObject, read: () => ApiObject): readonly Kind[]
}
