// A request for something beside the usual verbs: `PUT …/widgets/a/spin`.

import type { Duplex } from 'node:stream'
import type { ApiRequest, ApiResponse } from '@sheaf/api/client'
import { badRequest, StatusError } from '@sheaf/api/meta'
import type { ActionCall, RequestAction, UserInfo } from '../kind.ts'
import { pathSegmentFinding } from '../registry/name-rules.ts'
import { decodeBody, rawBody } from './decode-body.ts'
import { MethodNotAllowed } from './refusals.ts'
import type { ResourceRequest } from './request-info.ts'
import type { MatchedAction } from './resource-index.ts'

export interface ActionExchange {
  request: ApiRequest
  info: ResourceRequest
  /** All that answer at this path: not empty. */
  actions: readonly MatchedAction[]
  user: UserInfo
  warn: (text: string) => void
}

export function serveAction(exchange: ActionExchange): Promise<ApiResponse> {
  const { actions, request } = exchange
  const offered = actions.flatMap(({ action, parameters }) => (action.kind === 'request' ? [{ action, parameters }] : []))
  const found = offered.find(({ action }) => action.method === request.method.toUpperCase())
  if (found !== undefined) return found.action.run(callOf(exchange, found))
  if (offered.length === 0) {
    throw badRequest(`${exchange.info.subresource} is a stream: open this path as a websocket (Upgrade: websocket)`)
  }
  throw new MethodNotAllowed(offered.map(({ action }) => action.method))
}

export function openAction(exchange: ActionExchange): Promise<Duplex> {
  for (const { action, parameters } of exchange.actions) {
    if (action.kind === 'stream') return action.connect(callOf(exchange, { parameters }))
  }
  throw notAStream()
}

export function notAStream(): StatusError {
  return new StatusError(
    404,
    'NotFound',
    'the server could not find the requested resource: nothing here can be opened as a stream',
    {},
  )
}

interface Called extends Pick<MatchedAction, 'parameters'> {
  action?: RequestAction
}

function callOf({ request, info, user, warn }: ActionExchange, { parameters, action }: Called): ActionCall {
  const { namespace, name, query } = info
  const finding = [name, namespace]
    .filter((part) => part !== '')
    .map(pathSegmentFinding)
    .find((each) => each !== undefined)
  if (finding !== undefined) throw badRequest(`invalid name in the path: it ${finding}`)
  const signal = request.signal ?? new AbortController().signal
  return { namespace, name, parameters, query, ...sentWith(request, action), user, signal, warn }
}

function sentWith(request: ApiRequest, action: RequestAction | undefined): Pick<ActionCall, 'body' | 'bytes'> {
  if (action?.takesBytes) return { body: undefined, bytes: rawBody(request) }
  const origin = action?.objectKind === undefined ? 'custom' : 'native'
  const decoded = decodeBody(request, origin, (why) => badRequest(`the body cannot be read: ${why}`))
  return { body: decoded?.value, bytes: new Uint8Array() }
}
