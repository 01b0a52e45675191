import {
  type Namespace,
  namespaceDefinition,
  type Secret,
  type ServiceAccount,
  secretDefinition,
  serviceAccountDefinition,
  type TokenRequest,
} from '@sheaf/api'
import { bodyText } from '@sheaf/api/client'
import { fromBase64, type Json } from '@sheaf/api/meta'
import { type Controller, startInformer } from '@sheaf/machinery/controller'
import { afterEach, describe, expect, test } from 'vitest'
import { type AccessWorld, plainTokens, startAccessWorld } from '../access/access.fixture.ts'
import { startDefaultAccountController, startTokenSecretController, tokenSecretType } from './index.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

async function world(start: (api: AccessWorld) => Controller[] = () => []): Promise<AccessWorld> {
  const api = await startAccessWorld()
  const controllers = start(api)
  ends.push(() => api.access.stop(), ...controllers.map((each) => () => each.stop()))
  return api
}

const accountsOf = ({ client }: AccessWorld) => client.resource<ServiceAccount>(serviceAccountDefinition)
const secretsOf = ({ client }: AccessWorld) => client.resource<Secret>(secretDefinition)
const inShop = (name: string) => ({ namespace: 'shop', name })
const account = (name: string): ServiceAccount => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: inShop(name) })

async function openShop({ client }: AccessWorld): Promise<void> {
  await client
    .resource<Namespace>(namespaceDefinition)
    .create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
}

test('AC6 every namespace has the account default, also when somebody has taken it away', async () => {
  const api = await world((ports) => [
    startDefaultAccountController(ports, startInformer<Namespace>({ ...ports, resource: namespaceDefinition })),
  ])
  await openShop(api)
  const find = () => accountsOf(api).find(inShop('default'))
  await api.until(async () => (await find()) !== undefined)
  const { uid } = (await accountsOf(api).get(inShop('default'))).metadata
  await accountsOf(api).delete(inShop('default'))
  await api.until(async () => ![undefined, uid].includes((await find())?.metadata.uid))
  expect((await accountsOf(api).find({ namespace: 'default', name: 'default' }))?.kind).toBe('ServiceAccount')
})

describe('a token that is asked for', () => {
  async function asking() {
    const api = await world()
    await openShop(api)
    const { metadata } = await accountsOf(api).create(account('robot'))
    const ask = async (spec: object, name = 'robot'): Promise<TokenRequest> => {
      const path = `/api/v1/namespaces/shop/serviceaccounts/${name}/token`
      const { body } = await api.client.request('POST', path, { spec } as Json)
      return JSON.parse(await bodyText(body)) as TokenRequest
    }
    return { api, ask, uid: metadata.uid }
  }

  test('AC32 is for this server and an hour unless more is said, and names the account by its uid', async () => {
    const { ask, uid, api } = await asking()
    const { kind, spec, status, metadata } = await ask({})
    expect([kind, metadata.name, spec.expirationSeconds, spec.audiences]).toEqual([
      'TokenRequest',
      'robot',
      3600,
      ['this-server'],
    ])
    const subject = { namespace: 'shop', serviceAccount: { name: 'robot', uid } }
    const issuedMs = api.clock.now()
    const terms = { audiences: ['this-server'], issuedMs, expiresMs: issuedMs + 3_600_000 }
    expect(JSON.parse(status?.token ?? '')).toEqual({ subject, terms })
    expect(Date.parse(status?.expirationTimestamp ?? '')).toBe(Math.floor(terms.expiresMs / 1000) * 1000)
    expect((await ask({ audiences: ['vault'], expirationSeconds: 600 })).spec).toEqual({
      audiences: ['vault'],
      expirationSeconds: 600,
    })
  })

  test.each([
    [{ expirationSeconds: 599 }, 'Invalid value: 599: may not specify a duration less than 10 minutes'],
    [{ expirationSeconds: 2 ** 32 + 1 }, 'Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds'],
  ])('AC32 lasts ten minutes at least: %j', async (spec, why) => {
    const { ask } = await asking()
    await expect(ask(spec)).rejects.toMatchObject({
      code: 422,
      message: `TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: ${why}`,
    })
  })

  test('AC32 can be bound to a Secret, and to nothing else', async () => {
    const { ask, api } = await asking()
    const { metadata } = await secretsOf(api).create({ apiVersion: 'v1', kind: 'Secret', metadata: inShop('held') })
    const bound = { kind: 'Secret', apiVersion: 'v1', name: 'held' }
    const { status } = await ask({ boundObjectRef: bound })
    expect(JSON.parse(status?.token ?? '')).toMatchObject({ subject: { secret: { name: 'held', uid: metadata.uid } } })
    await expect(ask({ boundObjectRef: { ...bound, uid: 'another' } })).rejects.toMatchObject({ code: 409 })
    await expect(ask({ boundObjectRef: { ...bound, name: 'nowhere' } })).rejects.toMatchObject({ code: 404 })
    await expect(ask({ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'p' } })).rejects.toMatchObject({ code: 400 })
    await expect(ask({}, 'nobody')).rejects.toMatchObject({ code: 404, message: 'serviceaccounts "nobody" not found' })
  })

  test('AC32 needs the verb create on serviceaccounts/token', async () => {
    const { api } = await asking()
    const path = '/api/v1/namespaces/shop/serviceaccounts/robot/token'
    await expect(api.person('anna').request('POST', path, { spec: {} })).rejects.toMatchObject({
      code: 403,
      message:
        'serviceaccounts "robot" is forbidden: User "anna" cannot create resource "serviceaccounts/token" in API group "" in the namespace "shop"',
    })
  })

  test('AC32 is told by discovery as what it is', async () => {
    const { api } = await asking()
    const { body } = await api.client.request('GET', '/api/v1')
    const { resources } = JSON.parse(await bodyText(body)) as { resources: { name: string }[] }
    expect(resources.find(({ name }) => name === 'serviceaccounts/token')).toMatchObject({
      group: 'authentication.k8s.io',
      version: 'v1',
      kind: 'TokenRequest',
      verbs: ['create'],
    })
  })
})

describe('a Secret that holds a token', () => {
  const secret: Secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    type: tokenSecretType,
    metadata: { ...inShop('held'), annotations: { 'kubernetes.io/service-account.name': 'robot' } },
  }

  test('AC34 is filled: the token, whom to trust, and where', async () => {
    const api = await world((ports) => [startTokenSecretController({ ...ports, tokens: plainTokens })])
    await openShop(api)
    const { metadata } = await accountsOf(api).create(account('robot'))
    const { metadata: held } = await secretsOf(api).create(secret)
    await api.until(async () => (await secretsOf(api).get(inShop('held'))).data?.['token'] !== undefined)
    const { data = {}, metadata: filled } = await secretsOf(api).get(inShop('held'))
    const text = (key: string): string => fromBase64(data[key] ?? '') ?? ''
    expect(JSON.parse(text('token'))).toEqual({
      subject: {
        namespace: 'shop',
        serviceAccount: { name: 'robot', uid: metadata.uid },
        secret: { name: 'held', uid: held.uid },
      },
    })
    expect([text('ca.crt'), text('namespace')]).toEqual(['PEM', 'shop'])
    expect(filled.annotations?.['kubernetes.io/service-account.uid']).toBe(metadata.uid)
  })

  test('AC34 goes with its account, and does not come back with another of that name', async () => {
    const api = await world((ports) => [startTokenSecretController({ ...ports, tokens: plainTokens })])
    await openShop(api)
    await accountsOf(api).create(account('robot'))
    await secretsOf(api).create(secret)
    await api.until(async () => (await secretsOf(api).get(inShop('held'))).data?.['token'] !== undefined)
    await accountsOf(api).delete(inShop('robot'))
    await accountsOf(api).create(account('robot'))
    await api.until(async () => (await secretsOf(api).find(inShop('held'))) === undefined)
  })
})
