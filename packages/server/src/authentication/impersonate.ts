// Acting as somebody else: `kubectl --as`. Whoever may do it says so for each name, by the verb `impersonate`.

import { authenticationGroup, serviceAccountGroups, serviceAccountNamed } from '@sheaf/api'
import type { ApiRequest } from '@sheaf/api/client'
import { badRequest } from '@sheaf/api/meta'
import { accessDenied } from '@sheaf/machinery/apiserver'
import type { Authorizer, ResourceAttributes, UserInfo } from '@sheaf/machinery/kind'
import { anonymousName, authenticatedGroup, unauthenticatedGroup } from './authenticate.ts'

interface Wish {
  user: string | undefined
  groups: string[]
  uid: string | undefined
  extra: Record<string, string[]>
}

const prefix = 'impersonate-'

/** Whether a request is to be taken for somebody else's. */
export function impersonates(headers: ApiRequest['headers']): boolean {
  for (const name in headers) if (name.startsWith(prefix)) return true
  return false
}

/** Undefined when nobody is to be impersonated. Throws 400 and 403. */
export async function impersonatedUser(
  headers: ApiRequest['headers'],
  user: UserInfo,
  authorizer: Authorizer,
): Promise<UserInfo | undefined> {
  const wish = wishIn(headers)
  if (wish === undefined) return undefined
  if (wish.user === undefined) throw badRequest(`requested ${JSON.stringify(wish)} without impersonating a user`)
  for (const attributes of attributesOf({ ...wish, user: wish.user })) {
    const { allowed, reason } = await authorizer.authorize(user, attributes)
    if (!allowed) throw accessDenied(user, attributes, reason)
  }
  return {
    username: wish.user,
    groups: groupsOf(wish.user, wish.groups),
    ...(wish.uid === undefined ? {} : { uid: wish.uid }),
    ...(Object.keys(wish.extra).length === 0 ? {} : { extra: wish.extra }),
  }
}

const extraPrefix = `${prefix}extra-`

function wishIn(headers: ApiRequest['headers']): Wish | undefined {
  // Headers that are sent several times are told with commas between.
  const list = (value: string | undefined): string[] => value?.split(',').map((each) => each.trim()) ?? []
  const extra: Record<string, string[]> = {}
  for (const name in headers)
    if (name.startsWith(extraPrefix)) extra[decoded(name.slice(extraPrefix.length))] = list(headers[name])
  const groups = list(headers['impersonate-group'])
  const wish = { user: headers['impersonate-user'], groups, uid: headers['impersonate-uid'], extra }
  const isWish = wish.user !== undefined || groups.length > 0 || wish.uid !== undefined || Object.keys(extra).length > 0
  return isWish ? wish : undefined
}

/** The names of extras may hold what a header's name cannot. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

function attributesOf({ user, groups, uid, extra }: Wish & { user: string }): ResourceAttributes[] {
  const asked = (resource: string, name: string, more: Partial<ResourceAttributes> = {}): ResourceAttributes => ({
    kind: 'resource',
    verb: 'impersonate',
    group: '',
    version: 'v1',
    resource,
    subresource: '',
    namespace: '',
    name,
    ...more,
  })
  const account = serviceAccountNamed(user)
  return [
    account === undefined ? asked('users', user) : asked('serviceaccounts', account.name, { namespace: account.namespace }),
    ...groups.map((group) => asked('groups', group)),
    ...(uid === undefined ? [] : [asked('uids', uid, { group: authenticationGroup })]),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.map((value) => asked('userextras', value, { group: authenticationGroup, subresource: key })),
    ),
  ]
}

/** A ServiceAccount is in its own groups where none are named; everybody who has a name is authenticated. */
function groupsOf(user: string, groups: readonly string[]): string[] {
  const account = serviceAccountNamed(user)
  const named = groups.length === 0 && account !== undefined ? serviceAccountGroups(account.namespace) : groups
  const own = user === anonymousName ? unauthenticatedGroup : authenticatedGroup
  return [...new Set([...named, own])]
}
