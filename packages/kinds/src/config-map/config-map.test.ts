// docs/spec/access.md

import { type ConfigMap, configMapDefinition, type Namespace, namespaceDefinition } from '@sheaf/api'
import { startInformer } from '@sheaf/machinery/controller'
import { expect, onTestFinished, test } from 'vitest'
import { startTestApi } from '../api-server.fixture.ts'
import { startRootAuthorityController } from './index.ts'

const inShop = { namespace: 'shop', name: 'kube-root-ca.crt' }

async function world(first: string) {
  const api = await startTestApi()
  const authority = { pem: first }
  const namespaces = startInformer<Namespace>({ ...api, resource: namespaceDefinition })
  const controller = startRootAuthorityController({ ...api, tokens: { authorityPem: () => authority.pem } }, namespaces)
  onTestFinished(() => {
    namespaces.stop()
    return controller.stop()
  })
  const shop: Namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }
  await api.client.resource<Namespace>(namespaceDefinition).create(shop)
  const maps = api.client.resource<ConfigMap>(configMapDefinition)
  const told = async () => (await maps.find(inShop))?.data?.['ca.crt']
  return { ...api, maps, authority, told }
}

test('AC37 every namespace tells whom to trust, also when somebody has changed that or taken it away', async () => {
  const { maps, told, until } = await world('PEM')
  await until(async () => (await told()) === 'PEM')
  await maps.patch(inShop, { data: { 'ca.crt': 'mine', more: 'x' } })
  await until(async () => (await told()) === 'PEM')
  expect((await maps.get(inShop)).data).toEqual({ 'ca.crt': 'PEM' })
  await maps.delete(inShop)
  await until(async () => (await told()) === 'PEM')
  expect((await maps.get({ ...inShop, namespace: 'default' })).data).toEqual({ 'ca.crt': 'PEM' })
})

test('AC37 an authority that was renewed is told within the hour', async () => {
  const { authority, told, until, clock } = await world('PEM')
  await until(async () => (await told()) === 'PEM')
  const since = clock.now()
  authority.pem = 'PEM 2'
  await until(async () => (await told()) === 'PEM 2', 60_000)
  expect(clock.now() - since).toBeLessThan(3_700_000)
})

test('AC37 where nobody can connect nothing is told', async () => {
  const { maps, clock, until } = await world('')
  const since = clock.now()
  await until(() => clock.now() - since > 5000)
  expect((await maps.list({ namespace: 'shop' })).items).toEqual([])
})
