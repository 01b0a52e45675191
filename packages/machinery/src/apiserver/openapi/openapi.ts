// `/openapi/v2` and `/openapi/v3`: which form of which document a client gets.

import type { ApiRequest, ApiResponse } from '@sheaf/api/client'
import { type SchemaDefinitions, StatusError } from '@sheaf/api/meta'
import type { Kind } from '../../kind.ts'
import { acceptedTypes } from '../accept-header.ts'
import type { PublicationOptions } from '../api-server.ts'
import { answerDocument, once, type PublishedDocument, publish } from '../published-document.ts'
import { rootPath, type ServedGroup, type ServedVersion } from '../served-groups.ts'
import { publishedDefinitions } from './definitions.ts'
import { documentV2 } from './document-v2.ts'
import { documentV3, indexV3 } from './document-v3.ts'
import { encodeV2 } from './encode-v2.ts'
import { operationsOf } from './operations.ts'

export interface Openapi {
  paths: readonly string[]
  answer(request: ApiRequest, path: string, query: URLSearchParams): ApiResponse | undefined
}

/** kubectl asks for the first and expects the second as Content-Type. */
const v2Requested = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'
const v2Protobuf = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

/** Where kubectl before 1.10, and 1.20 after a refusal, looks for the protobuf form. */
const oldV2Path = '/swagger-2.0.0.pb-v1'

/** Documents of group versions that have not changed since they were made. */
export type OpenapiMemory = Map<string, { served: ServedVersion; document: () => PublishedDocument }>

export const createOpenapiMemory = (): OpenapiMemory => new Map()

export function createOpenapi(
  { kinds, schemas, version }: PublicationOptions,
  groups: readonly ServedGroup[],
  memory: OpenapiMemory,
): Openapi {
  const definitions = once(() =>
    publishedDefinitions(
      kinds.map((kind) => kind.definition),
      { ...schemas, ...ownSchemas(kinds) },
    ),
  )
  const v2 = once(() => {
    const operations = groups.flatMap((group) => group.versions.flatMap((served) => operationsOf(group, served)))
    return documentV2(version.gitVersion, operations, definitions())
  })
  const v2Json = once(() => publish('application/json', v2()))
  const v2Bytes = once(() => publish(v2Protobuf, encodeV2(v2())))

  const remembered = new Map(memory)
  memory.clear()
  const v3 = new Map(
    groups.flatMap((group) =>
      group.versions.map((served): [string, () => PublishedDocument] => {
        const name = rootPath(group.name, served.version).slice(1)
        const known = remembered.get(name)
        const document =
          known !== undefined && servesTheSame(known.served, served)
            ? known.document
            : once(() => publish('application/json', documentV3(version.gitVersion, operationsOf(group, served), definitions())))
        memory.set(name, { served, document })
        return [name, document]
      }),
    ),
  )
  const v3Index = once(() => {
    const hashes = [...v3].map(([name, document]): [string, string] => [name, document().hash])
    return publish('application/json', indexV3(new Map(hashes)))
  })

  function answerV2(request: ApiRequest): ApiResponse {
    for (const { type } of acceptedTypes(request.headers.accept)) {
      if (type === v2Requested || type === v2Protobuf) return answerDocument(v2Bytes(), request)
      if (isJson(type)) return answerDocument(v2Json(), request)
    }
    return notAcceptable(['application/json', v2Requested])
  }

  function answerV3(request: ApiRequest, path: string, query: URLSearchParams): ApiResponse | undefined {
    const name = path.slice('/openapi/v3/'.length)
    const document = path === '/openapi/v3' ? v3Index : v3.get(name)
    if (document === undefined) return undefined
    if (!acceptedTypes(request.headers.accept).some(({ type }) => isJson(type))) return notAcceptable(['application/json'])
    const asked = query.get('hash')
    const { hash } = document()
    if (asked === null || document === v3Index) return answerDocument(document(), request)
    if (asked === hash) return answerDocument(document(), request, { 'cache-control': immutable })
    return { status: 301, headers: { location: `${path}?hash=${hash}` }, body: '' }
  }

  return {
    paths: ['/openapi/v2', '/openapi/v3', ...[...v3.keys()].map((name) => `/openapi/v3/${name}`)],
    answer(request, path, query) {
      if (path === '/openapi/v2') return answerV2(request)
      if (path === oldV2Path) return answerDocument(v2Bytes(), request)
      return path.startsWith('/openapi/v3') ? answerV3(request, path, query) : undefined
    },
  }
}

function ownSchemas(kinds: readonly Kind[]): SchemaDefinitions {
  const own = kinds.map(({ definition, schema }) => [definition.schemaName, schema?.()] as const)
  return Object.fromEntries(own.flatMap(([name, schema]) => (schema === undefined ? [] : [[name, schema]])))
}

function servesTheSame(before: ServedVersion, now: ServedVersion): boolean {
  const isEach = (list: readonly unknown[], other: readonly unknown[]): boolean =>
    list.length === other.length && list.every((each, index) => each === other[index])
  const actionsOf = ({ actions }: ServedVersion): unknown[] => actions.map(({ action }) => action)
  return isEach(before.definitions, now.definitions) && isEach(actionsOf(before), actionsOf(now))
}

/** With its hash in it, an address never gives anything else: a year is the longest that caches keep it. */
const immutable = 'public, immutable, max-age=31536000'

const isJson = (type: string): boolean => type === 'application/json' || type === 'application/*' || type === '*/*'

function notAcceptable(types: readonly string[]): ApiResponse {
  const message = `only the following media types are accepted: ${types.join(', ')}`
  const body = JSON.stringify(new StatusError(406, 'NotAcceptable', message).toStatus())
  return { status: 406, headers: { 'content-type': 'application/json' }, body }
}
