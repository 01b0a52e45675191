// A request for something beside the usual verbs: `PUT …/widgets/a/spin`.

import type { Duplex } from 'node:stream'
import type { ApiRequest, ApiResponse } from '@sheaf/api/client'
import { badRequest, StatusError } from '@sheaf/api/meta'
import type { Action, ActionCall, RequestAction, StreamAction, UserInfo } from '../kind.ts'
import { pathSegmentFinding } from '../registry/name-rules.ts'
import { decodeBody } from './decode-body.ts'
import { MethodNotAllowed } from './refusals.ts'
import type { ResourceRequest } from './request-info.ts'

export interface ActionExchange {
  request: ApiRequest
  info: ResourceRequest
  /** All that answer at this path: not empty. */
  actions: readonly Action[]
  user: UserInfo
  warn: (text: string) => void
}

export function serveAction(exchange: ActionExchange): Promise<ApiResponse> {
  const { actions, request } = exchange
  const offered = actions.filter((each): each is RequestAction => each.kind === 'request')
  const action = offered.find((each) => each.method === request.method.toUpperCase())
  if (action !== undefined) return action.run(callOf(exchange))
  if (offered.length === 0) {
    throw badRequest(`${exchange.info.subresource} is a stream: open this path as a websocket (Upgrade: websocket)`)
  }
  throw new MethodNotAllowed(offered.map((each) => each.method))
}

export function openAction(exchange: ActionExchange): Promise<Duplex> {
  const action = exchange.actions.find((each): each is StreamAction => each.kind === 'stream')
  if (action === undefined) throw notAStream()
  return action.connect(callOf(exchange))
}

export function notAStream(): StatusError {
  return new StatusError(
    404,
    'NotFound',
    'the server could not find the requested resource: nothing here can be opened as a stream',
    {},
  )
}

function callOf({ request, info, user, warn }: ActionExchange): ActionCall {
  const { namespace, name, query } = info
  const finding = pathSegmentFinding(name) ?? pathSegmentFinding(namespace)
  if (finding !== undefined) throw badRequest(`invalid name in the path: it ${finding}`)
  const body = decodeBody(request, 'custom', (why) => badRequest(`the body cannot be read: ${why}`))?.value
  return { namespace, name, query, body, user, signal: request.signal ?? new AbortController().signal, warn }
}
