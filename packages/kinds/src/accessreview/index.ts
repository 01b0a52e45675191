// The Kinds that are only questions: who am I, may I, what may I, and whose token is this.

import {
  localSubjectAccessReviewDefinition,
  type LocalSubjectAccessReview,
  type SelfSubjectAccessReview,
  type SelfSubjectReview,
  type SelfSubjectRulesReview,
  type SubjectAccessReview,
  selfSubjectAccessReviewDefinition,
  selfSubjectReviewDefinition,
  selfSubjectRulesReviewDefinition,
  subjectAccessReviewDefinition,
  type TokenReview,
  tokenReviewDefinition,
} from '@sheaf/api'
import { errorsText } from '@sheaf/api/meta'
import type { AccessAttributes, Kind, UserInfo } from '@sheaf/machinery/kind'
import type { AccessPort } from '../access/confirm-grant.ts'
import type { TokenReader } from '../access/token-issuer.ts'

export interface ReviewPorts {
  access: AccessPort
  tokenReader: TokenReader
}

export function reviewKinds({ access, tokenReader }: ReviewPorts): Kind[] {
  const self: Kind<SelfSubjectAccessReview> = {
    definition: selfSubjectAccessReviewDefinition,
    review: async ({ object, user }) => ({ ...object, status: await statusOf(access, user, object.spec) }),
  }
  const ofAnybody = async ({ object }: { object: SubjectAccessReview }) => ({
    ...object,
    status: await statusOf(access, userIn(object.spec), object.spec),
  })
  const subject: Kind<SubjectAccessReview> = { definition: subjectAccessReviewDefinition, review: ofAnybody }
  const local: Kind<LocalSubjectAccessReview> = { definition: localSubjectAccessReviewDefinition, review: ofAnybody }
  const rules: Kind<SelfSubjectRulesReview> = {
    definition: selfSubjectRulesReviewDefinition,
    review: async ({ object, user }) => ({ ...object, status: await rulesStatus(access, user, object.spec.namespace ?? '') }),
  }
  const whoami: Kind<SelfSubjectReview> = {
    definition: selfSubjectReviewDefinition,
    review: ({ object, user }) => ({ ...object, status: { userInfo: told(user) } }),
  }
  const token: Kind<TokenReview> = {
    definition: tokenReviewDefinition,
    review: async ({ object }) => ({ ...object, status: await tokenStatus(object.spec, tokenReader) }),
  }
  return [self, subject, local, rules, whoami, token] as Kind[]
}

type Asked = SubjectAccessReview['spec']
type AccessStatus = NonNullable<SubjectAccessReview['status']>

async function statusOf(access: AccessPort, user: UserInfo, asked: Asked): Promise<AccessStatus> {
  const { allowed, reason } = await access.authorize(user, attributesIn(asked))
  return { allowed, ...(reason === '' ? {} : { reason }) }
}

function attributesIn({ resourceAttributes, nonResourceAttributes }: Asked): AccessAttributes {
  if (resourceAttributes === undefined)
    return { kind: 'path', verb: nonResourceAttributes?.verb ?? '', path: nonResourceAttributes?.path ?? '' }
  const { verb = '', group = '', version = '', resource = '', subresource = '', namespace = '', name = '' } = resourceAttributes
  return { kind: 'resource', verb, group, version, resource, subresource, namespace, name }
}

const userIn = ({ user = '', groups = [], uid, extra }: Asked): UserInfo => ({
  username: user,
  groups,
  ...(uid === undefined ? {} : { uid }),
  ...(extra === undefined ? {} : { extra }),
})

async function rulesStatus(access: AccessPort, user: UserInfo, namespace: string) {
  const { rules, errors } = await access.heldRules(user, namespace)
  const onResources = rules.filter(({ resources = [] }) => resources.length > 0)
  const onPaths = rules.filter(({ nonResourceURLs = [] }) => nonResourceURLs.length > 0)
  return {
    resourceRules: onResources.map(({ verbs, apiGroups = [], resources = [], resourceNames }) => ({
      verbs,
      apiGroups,
      resources,
      ...(resourceNames === undefined ? {} : { resourceNames }),
    })),
    nonResourceRules: onPaths.map(({ verbs, nonResourceURLs = [] }) => ({ verbs, nonResourceURLs })),
    incomplete: errors.length > 0,
    ...(errors.length === 0 ? {} : { evaluationError: errorsText(errors) }),
  }
}

type UserStatus = NonNullable<NonNullable<SelfSubjectReview['status']>['userInfo']>

function told({ username, uid, groups, extra }: UserInfo): UserStatus {
  return {
    username,
    ...(uid === undefined ? {} : { uid }),
    groups: [...groups],
    ...(extra === undefined
      ? {}
      : { extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])) }),
  }
}

async function tokenStatus({ token = '', audiences = [] }: TokenReview['spec'], reader: TokenReader) {
  const found = await reader.read(token, audiences)
  if (found === undefined)
    return { authenticated: false, user: {}, error: 'the token is not known here, not for these audiences, or has ended' }
  return { authenticated: true, user: told(found.user), ...(audiences.length === 0 ? {} : { audiences: [...found.audiences] }) }
}
