// What an API server is made of, and what it is: one function from request to answer.

import type { Duplex } from 'node:stream'
import type { ApiRequest, ApiResponse, Fetch } from '@sheaf/api/client'
import type { Clock, Random, ResourceDefinition, SchemaDefinitions } from '@sheaf/api/meta'
import type { Charge, DefinitionRole, Kind, UserInfo } from '../kind.ts'
import type { Store } from '../store/store.ts'
import type { AccessAttributes, Authorizer, Decision } from './access.ts'
import type { RequestObserver } from './request-observer.ts'

/** What `/version` tells. Strings, as in Kubernetes; `major` and `minor` must read as whole numbers. */
export interface VersionInfo {
  major: string
  minor: string
  gitVersion: string
  gitCommit: string
  gitTreeState: string
  buildDate: string
  goVersion: string
  compiler: string
  platform: string
}

/** One line of `/readyz?verbose`. */
export interface HealthCheck {
  name: string
  isHealthy(): boolean
}

/** The cluster-scoped Kind whose objects are what the namespaced ones live in. */
export interface NamespaceRole {
  group: string
  version: string
  plural: string
  /** Objects of it that may not be deleted. */
  protectedNames: readonly string[]
}

export interface ApiServerOptions {
  store: Store
  kinds: readonly Kind[]
  schemas: SchemaDefinitions
  /** Absent: every namespace is taken to exist. */
  namespaces?: NamespaceRole
  /** Absent: what is served is given by `kinds` once and for all. */
  definitions?: DefinitionRole
  /** Asked before anything is done for a request. Absent: everybody may do everything. */
  authorizer?: Authorizer
  /** Absent: there is room for everything. */
  charge?: Charge
  clock: Clock
  random: Random
  version: VersionInfo
  /** Beyond `ping`: checked by `/readyz` only. */
  readiness: readonly HealthCheck[]
  /** Where the store lives, for messages about a full disk. */
  storeDescription: string
  /** Further documents by path, such as `/metrics`. */
  documents?: Readonly<Record<string, () => Promise<ApiResponse>>>
  /** Told of every request and its answer. It must not throw. */
  observer?: RequestObserver
  /** Told of every answer above 499. */
  onInternalError(error: unknown, request: ApiRequest): void
}

export interface ApiServer {
  /** `onDecision` is told whether the user may do that, and why. */
  handle(request: ApiRequest, user: UserInfo, onDecision?: (decision: Decision) => void): Promise<ApiResponse>
  /** A stream action: what a websocket upgrade is joined to. Throws a StatusError. */
  connect(request: ApiRequest, user: UserInfo, onDecision?: (decision: Decision) => void): Promise<Duplex>
  /** What a request asks for, in the words of roles. */
  attributesOf(request: Pick<ApiRequest, 'method' | 'path'>): AccessAttributes
  /** The same door for callers in this process. */
  fetchAs(user: UserInfo): Fetch
  /** What is served now: each resource once, in the version that its objects are stored in or else in the first. */
  served(): readonly ResourceDefinition[]
  /** Calls back whenever that has changed, until the function that it returns is called. */
  onServedChange(listener: () => void): () => void
  /** Ends all watches. */
  close(): void
}

/** What an API server publishes about itself is made of. */
export type PublicationOptions = Pick<ApiServerOptions, 'kinds' | 'schemas' | 'version' | 'readiness' | 'documents'>
