// `POST …/serviceaccounts/NAME/token`: a token that ends by itself, as `kubectl create token` asks for.

import {
  authenticationGroup,
  type Secret,
  type ServiceAccount,
  secretDefinition,
  serviceAccountDefinition,
  type TokenRequest,
} from '@sheaf/api'
import {
  badRequest,
  conflict,
  type FieldError,
  invalid,
  invalidError,
  isJsonObject,
  type Json,
  notFound,
  timestamp,
} from '@sheaf/api/meta'
import type { ActionCall, RequestAction } from '@sheaf/machinery/kind'
import type { Ports } from '../ports.ts'
import type { TokenIssuer, TokenSubject } from '../access/token-issuer.ts'

/** Kubernetes' bounds: a token that ends sooner is of no use to a program that was just started. */
const leastSeconds = 10 * 60
const mostSeconds = 2 ** 32
const usualSeconds = 60 * 60

const requestKind = { group: authenticationGroup, version: 'v1', kind: 'TokenRequest' }

export type TokenPorts = Pick<Ports, 'client' | 'clock'> & { tokens: TokenIssuer }

export function tokenAction(ports: TokenPorts): RequestAction {
  return {
    kind: 'request',
    group: '',
    versions: ['v1'],
    plural: serviceAccountDefinition.plural,
    action: 'token',
    method: 'POST',
    objectKind: requestKind,
    async run(call) {
      const request = tokenRequestOf(call)
      const account = await ports.client.resource<ServiceAccount>(serviceAccountDefinition).find(call)
      if (account === undefined) throw notFound(serviceAccountDefinition, call.name)
      const answer = await answered(request, await subjectOf(request, account, ports), ports)
      return { status: 201, headers: { 'content-type': 'application/json' }, body: JSON.stringify(answer) }
    },
  }
}

interface Asked {
  metadata: TokenRequest['metadata']
  audiences: string[]
  seconds: number
  bound: NonNullable<TokenRequest['spec']['boundObjectRef']> | undefined
}

function tokenRequestOf({ body, name, namespace }: ActionCall): Asked {
  if (!isJsonObject(body)) throw badRequest('a TokenRequest is needed in the body')
  const { metadata, spec } = body as Partial<TokenRequest>
  if (metadata?.name !== undefined && metadata.name !== '' && metadata.name !== name)
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`)
  const seconds = spec?.expirationSeconds ?? usualSeconds
  const audiences = spec?.audiences ?? []
  const errors = [...validateSeconds(seconds as Json), ...validateAudiences(audiences as Json)]
  if (errors.length > 0) throw invalidError({ ...requestKind, plural: '' }, '', errors)
  return { metadata: { name, namespace }, audiences, seconds, bound: spec?.boundObjectRef }
}

function validateSeconds(seconds: Json): FieldError[] {
  const refuse = (why: string): FieldError[] => [invalid('spec.expirationSeconds', seconds, why)]
  if (typeof seconds !== 'number' || !Number.isSafeInteger(seconds)) return refuse('must be a whole number')
  if (seconds < leastSeconds) return refuse('may not specify a duration less than 10 minutes')
  return seconds > mostSeconds ? refuse('may not specify a duration larger than 2^32 seconds') : []
}

function validateAudiences(audiences: Json): FieldError[] {
  const isList = Array.isArray(audiences) && audiences.every((each) => typeof each === 'string')
  return isList ? [] : [invalid('spec.audiences', audiences, 'must be a list of texts')]
}

/** Only a Secret can hold a token: there are no pods here. */
async function subjectOf({ bound }: Asked, account: ServiceAccount, { client }: TokenPorts): Promise<TokenSubject> {
  const { namespace = '', name = '', uid = '' } = account.metadata
  const subject = { namespace, serviceAccount: { name, uid } }
  if (bound === undefined) return subject
  if (bound.kind !== 'Secret' || bound.apiVersion !== 'v1')
    throw badRequest(
      `cannot bind token for object of type ${bound.apiVersion ?? ''}, Kind=${bound.kind ?? ''}: only a Secret can hold one here`,
    )
  const key = { namespace, name: bound.name ?? '' }
  const secret = await client.resource<Secret>(secretDefinition).find(key)
  if (secret === undefined) throw notFound(secretDefinition, key.name)
  const known = secret.metadata.uid ?? ''
  if (bound.uid !== undefined && bound.uid !== '' && bound.uid !== known) {
    const why = `the UID in the bound object reference (${bound.uid}) does not match the UID in record. The object might have been deleted and then recreated`
    throw conflict(secretDefinition, key.name, why)
  }
  return { ...subject, secret: { name: key.name, uid: known } }
}

async function answered(asked: Asked, subject: TokenSubject, { tokens, clock }: TokenPorts): Promise<TokenRequest> {
  const audiences = asked.audiences.length > 0 ? asked.audiences : [...tokens.defaultAudiences]
  const issuedMs = clock.now()
  const expiresMs = issuedMs + asked.seconds * 1000
  const token = await tokens.issue(subject, { audiences, issuedMs, expiresMs })
  const expirationTimestamp = timestamp({ ...clock, now: () => expiresMs })
  return {
    apiVersion: `${requestKind.group}/${requestKind.version}`,
    kind: requestKind.kind,
    metadata: { ...asked.metadata, creationTimestamp: timestamp(clock) },
    spec: {
      audiences,
      expirationSeconds: asked.seconds,
      ...(asked.bound === undefined ? {} : { boundObjectRef: asked.bound }),
    },
    status: { token, expirationTimestamp },
  }
}
