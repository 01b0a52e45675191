import {
  type ClusterRole,
  type ClusterRoleBinding,
  clusterRoleBindingDefinition,
  clusterRoleDefinition,
  localSubjectAccessReviewDefinition,
  type LocalSubjectAccessReview,
  rbacGroup,
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
import { apiVersionOf } from '@sheaf/api/meta'
import { afterEach, expect, test } from 'vitest'
import { type AccessWorld, startAccessWorld } from '../access/access.fixture.ts'
import { ensureDefaultAccess } from '../access/ensure-default-access.ts'

let running: AccessWorld | undefined
afterEach(() => running?.access.stop())

/** Anna may read ConfigMaps everywhere. */
async function world(): Promise<AccessWorld> {
  const made = await startAccessWorld()
  running = made
  await ensureDefaultAccess(made.client)
  const apiVersion = `${rbacGroup}/v1`
  await made.client.resource<ClusterRole>(clusterRoleDefinition).create({
    apiVersion,
    kind: 'ClusterRole',
    metadata: { name: 'reader' },
    rules: [{ verbs: ['get'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['a'] }],
  })
  await made.client.resource<ClusterRoleBinding>(clusterRoleBindingDefinition).create({
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'readers' },
    subjects: [{ kind: 'User', apiGroup: rbacGroup, name: 'anna' }],
    roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: 'reader' },
  })
  const held = async () => (await made.access.heldRules({ username: 'anna', groups: ['system:authenticated'] }, '')).rules
  await made.until(async () => (await held()).length > 5)
  return made
}

const anna = { username: 'anna', uid: '7', groups: ['system:authenticated'], extra: { scopes: ['a', 'b'] } }
const readA = { verb: 'get', resource: 'configmaps', name: 'a', namespace: 'default' }
const because = 'RBAC: allowed by ClusterRoleBinding "readers" of ClusterRole "reader" to User "anna"'

test('AC20 may I: yes with the reason, and no without', async () => {
  const api = await world()
  const reviews = api.as(anna).resource<SelfSubjectAccessReview>(selfSubjectAccessReviewDefinition)
  const ask = async (spec: SelfSubjectAccessReview['spec']) => {
    const { apiVersion, kind, status } = await reviews.create({ ...head(selfSubjectAccessReviewDefinition), spec })
    expect([apiVersion, kind]).toEqual(['authorization.k8s.io/v1', 'SelfSubjectAccessReview'])
    return status
  }
  expect(await ask({ resourceAttributes: readA })).toEqual({ allowed: true, reason: because })
  expect(await ask({ resourceAttributes: { ...readA, name: 'b' } })).toEqual({ allowed: false })
  expect(await ask({ resourceAttributes: { verb: 'get', group: 'made.up', resource: 'things' } })).toEqual({ allowed: false })
  expect(await ask({ nonResourceAttributes: { verb: 'get', path: '/api' } })).toMatchObject({ allowed: true })
  expect(await ask({ nonResourceAttributes: { verb: 'get', path: '/metrics' } })).toEqual({ allowed: false })
})

const head = (definition: { group: string; version: string; kind: string }) => ({
  apiVersion: apiVersionOf(definition),
  kind: definition.kind,
  metadata: {},
})

test('AC20 may somebody else: asked by those who may ask that', async () => {
  const api = await world()
  const review: SubjectAccessReview = {
    ...head(subjectAccessReviewDefinition),
    spec: { user: 'anna', groups: [], resourceAttributes: readA },
  }
  const { status } = await api.client.resource<SubjectAccessReview>(subjectAccessReviewDefinition).create(review)
  expect(status).toEqual({ allowed: true, reason: because })
  await expect(api.as(anna).resource<SubjectAccessReview>(subjectAccessReviewDefinition).create(review)).rejects.toMatchObject({
    code: 403,
  })
  const local: LocalSubjectAccessReview = {
    ...head(localSubjectAccessReviewDefinition),
    metadata: { namespace: 'default' },
    spec: { user: 'bob', resourceAttributes: { ...readA, namespace: 'default' } },
  }
  const answer = await api.client.resource<LocalSubjectAccessReview>(localSubjectAccessReviewDefinition).create(local)
  expect(answer.status).toEqual({ allowed: false })
})

test('AC21 what may I: the rules, those about paths apart', async () => {
  const api = await world()
  const rules = api.as(anna).resource<SelfSubjectRulesReview>(selfSubjectRulesReviewDefinition)
  const { status } = await rules.create({ ...head(selfSubjectRulesReviewDefinition), spec: { namespace: 'default' } })
  expect(status?.resourceRules).toContainEqual({
    verbs: ['get'],
    apiGroups: [''],
    resources: ['configmaps'],
    resourceNames: ['a'],
  })
  expect(status?.nonResourceRules.flatMap(({ nonResourceURLs }) => nonResourceURLs)).toContain('/apis/*')
  expect(status?.incomplete).toBe(false)
})

test('AC22 who am I: as the server knows me', async () => {
  const api = await world()
  const whoami = api.as(anna).resource<SelfSubjectReview>(selfSubjectReviewDefinition)
  const { status } = await whoami.create(head(selfSubjectReviewDefinition))
  expect(status?.userInfo).toEqual(anna)
})

test.each([
  ['known', undefined, { authenticated: true, user: { username: 'robot', uid: '1', groups: ['robots'] } }],
  ['known', ['this-server', 'other'], { authenticated: true, audiences: ['this-server'] }],
  ['known', ['other'], { authenticated: false, error: expect.any(String) }],
  ['made up', undefined, { authenticated: false, error: expect.any(String) }],
])('AC23 whose token is this: %s for %j', async (token, audiences, expected) => {
  const api = await world()
  const spec = { token, ...(audiences === undefined ? {} : { audiences }) }
  const { status } = await api.client
    .resource<TokenReview>(tokenReviewDefinition)
    .create({ ...head(tokenReviewDefinition), spec })
  expect(status).toMatchObject(expected)
})
