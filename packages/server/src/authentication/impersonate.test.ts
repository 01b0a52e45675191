import type { AccessAttributes, UserInfo } from '@sheaf/machinery/kind'
import { expect, test } from 'vitest'
import { impersonatedUser } from './impersonate.ts'

const anna: UserInfo = { username: 'anna', groups: ['system:authenticated'] }

/** Lets impersonate what is named, as `users/bob`. */
async function as(headers: Record<string, string>, ...allowed: string[]) {
  const asked: string[] = []
  const user = await impersonatedUser(headers, anna, {
    authorize(_, attributes: AccessAttributes) {
      if (attributes.kind === 'path') throw new Error('a path is nobody')
      const { verb, group, resource, subresource, namespace, name } = attributes
      const words = [group, namespace, subresource === '' ? resource : `${resource}/${subresource}`, name].filter(
        (word) => word !== '',
      )
      asked.push(`${verb} ${words.join(' ')}`)
      return { allowed: allowed.includes('*') || allowed.includes(`${resource}/${name}`), reason: '' }
    },
  })
  return { user, asked }
}

test('AC24 nobody is impersonated without a word', async () => {
  expect(await as({ 'user-agent': 'kubectl' })).toEqual({ user: undefined, asked: [] })
})

test('AC24 whoever may be bob is bob, and authenticated', async () => {
  const { user, asked } = await as({ 'impersonate-user': 'bob' }, 'users/bob')
  expect(user).toEqual({ username: 'bob', groups: ['system:authenticated'] })
  expect(asked).toEqual(['impersonate users bob'])
})

test('AC24 each group, uid and extra is asked for by itself', async () => {
  const headers = {
    'impersonate-user': 'bob',
    'impersonate-group': 'ops, dev',
    'impersonate-uid': '7',
    'impersonate-extra-acme.com%2Fproject': 'a, b',
  }
  const { user, asked } = await as(headers, '*')
  expect(asked).toEqual([
    'impersonate users bob',
    'impersonate groups ops',
    'impersonate groups dev',
    'impersonate authentication.k8s.io uids 7',
    'impersonate authentication.k8s.io userextras/acme.com/project a',
    'impersonate authentication.k8s.io userextras/acme.com/project b',
  ])
  expect(user).toEqual({
    username: 'bob',
    groups: ['ops', 'dev', 'system:authenticated'],
    uid: '7',
    extra: { 'acme.com/project': ['a', 'b'] },
  })
})

test('AC24 one that may not be taken is enough to be refused, in Kubernetes words', async () => {
  await expect(as({ 'impersonate-user': 'bob' })).rejects.toMatchObject({
    code: 403,
    message: 'users "bob" is forbidden: User "anna" cannot impersonate resource "users" in API group "" at the cluster scope',
  })
  const headers = { 'impersonate-user': 'bob', 'impersonate-group': 'system:masters' }
  await expect(as(headers, 'users/bob')).rejects.toMatchObject({ message: expect.stringContaining('groups "system:masters"') })
})

test('AC24 a ServiceAccount is asked for in its namespace, and is in its groups', async () => {
  const { user, asked } = await as({ 'impersonate-user': 'system:serviceaccount:shop:robot' }, 'serviceaccounts/robot')
  expect(asked).toEqual(['impersonate shop serviceaccounts robot'])
  expect(user?.groups).toEqual(['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated'])
})

test('AC24 whoever plays nobody is not authenticated', async () => {
  expect((await as({ 'impersonate-user': 'system:anonymous' }, '*')).user?.groups).toEqual(['system:unauthenticated'])
})

test('AC24 groups without a user are no one', async () => {
  await expect(as({ 'impersonate-group': 'ops' }, '*')).rejects.toMatchObject({
    code: 400,
    message: expect.stringContaining('without impersonating a user'),
  })
})
