// Custom resources as people meet them: defined, used and taken away by every kubectl that is here, followed by Kubernetes'
// informer for JavaScript, and there again after the server was killed. No machine runs in this file.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  CustomObjectsApi,
  KubeConfig,
  type KubernetesListObject,
  type KubernetesObject,
  makeInformer,
} from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../kit/eventually.ts'
import { findKubectls, type KubectlSession, kubectlSession } from '../kit/kubectl.ts'
import { root } from '../kit/repository-root.ts'
import { type ServerProcess, startServerProcess } from '../kit/server-process.ts'

const kubectls = await findKubectls()
const definition = readFileSync(join(root, 'examples', 'custom-resource.yaml'), 'utf8')
const boat = (name: string, spec: object) => ({ apiVersion: 'harbour.example.org/v1', kind: 'Boat', metadata: { name }, spec })

let server: ServerProcess
beforeAll(async () => {
  server = await startServerProcess()
})
afterAll(() => server?.dispose())

describe.each(kubectls)('kubectl $version', (kubectl) => {
  let k: KubectlSession
  beforeAll(() => {
    k = kubectlSession(kubectl, server, 'default')
  })
  afterAll(() => k?.dispose())

  test('CR1, CR2: a definition is applied, waited for, used at once, explained, and gone with its objects', async () => {
    await k.send('apply', definition)
    await k.ok('wait', '--for', 'condition=Established', 'crd/boats.harbour.example.org', '--timeout=10s')
    expect(await k.send('apply', boat('ann', { length: 7 }))).toBe('boat.harbour.example.org/ann created\n')
    expect((await k.ok('get', 'bt')).split('\n').map((line) => line.split(/ +/).slice(0, 2))).toEqual([
      ['NAME', 'LENGTH'],
      ['ann', '7'],
      [''],
    ])
    expect(await k.ok('explain', 'boats.spec.length')).toContain('From stem to stern, in metres.')
    await k.ok('patch', 'boat', 'ann', '--type', 'merge', '-p', '{"spec":{"length":8}}')
    await k.ok('scale', '--replicas=3', 'boat/ann')
    expect(await k.ok('get', 'boat', 'ann', '-o', 'jsonpath={.spec}')).toMatch(/"crew":3,"length":8|"length":8,"crew":3/)
    const tooMany = JSON.stringify(boat('ben', { length: 1 }))
    expect(await k.refusal(['apply', '-f', '-'], tooMany)).toContain('spec: Invalid value: "object": the crew must fit')
    await k.ok('delete', 'crd', 'boats.harbour.example.org')
    expect(await k.refusal(['get', 'boats.harbour.example.org'])).toContain('the server doesn\'t have a resource type "boats"')
  })
})

const [kubectl] = kubectls

test('CR8: definitions and objects are there again after a kill, and Kubernetes’ informer follows them through it', async () => {
  if (kubectl === undefined) throw new Error('no kubectl is here')
  const k = kubectlSession(kubectl, server, 'default')
  await k.send('apply', definition)
  await k.ok('wait', '--for', 'condition=Established', 'crd/boats.harbour.example.org', '--timeout=10s')
  await k.send('apply', boat('ann', { length: 7 }))

  const config = new KubeConfig()
  config.loadFromFile(server.kubeconfig)
  const api = config.makeApiClient(CustomObjectsApi)
  const path = { group: 'harbour.example.org', version: 'v1', namespace: 'default', plural: 'boats' }
  const list = async () => (await api.listNamespacedCustomObject(path)) as KubernetesListObject<KubernetesObject>
  const informer = makeInformer(config, '/apis/harbour.example.org/v1/namespaces/default/boats', list)
  await informer.start()
  expect(informer.list().map(({ metadata }) => metadata?.name)).toEqual(['ann'])
  await k.send('apply', boat('bea', { length: 9 }))
  await eventually('the informer sees the second boat', () => informer.list().length === 2)
  await informer.stop()

  await server.kill('SIGKILL')
  await server.start()
  expect(await k.ok('get', 'boats', '-o', 'name')).toBe('boat.harbour.example.org/ann\nboat.harbour.example.org/bea\n')
  expect(await k.refusal(['patch', 'boat', 'ann', '--type', 'merge', '-p', '{"spec":{"length":0}}'])).toContain('spec.length')
  k.dispose()
})
