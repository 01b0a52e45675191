// Who still sends a deprecated field is warned, counted, named and helped: with a real kubectl, and a real guest that must
// not notice any of it.

import { join } from 'node:path'
import { runningIsDeprecated, type VirtualMachine } from '@sheaf/api'
import { bodyText } from '@sheaf/api/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { httpsFetch } from '../../packages/cli/src/https-fetch.ts'
import { eventually } from '../kit/eventually.ts'
import { findKubectls, type KubectlSession, kubectlSession } from '../kit/kubectl.ts'
import { machineProcesses } from '../kit/machine-processes.ts'
import { root } from '../kit/repository-root.ts'
import { type ProgramResult, readKubeconfig, type ServerProcess, startServerProcess } from '../kit/server-process.ts'
import { askGuest, instances, key, uidOf, untilGuestAnswers, virtualMachines } from '../kit/virtual-machines.ts'

const name = 'deprecated-running'
const manifest = join(root, 'examples', 'deprecated-running.yaml')

let server: ServerProcess
let k: KubectlSession
beforeAll(async () => {
  server = await startServerProcess()
  const newest = (await findKubectls()).at(-1)
  if (newest === undefined) throw new Error('there is no kubectl')
  k = kubectlSession(newest, server, 'default')
})
// DU40: that none of Sheaf's own clients was warned is looked at when the server is disposed of.
afterAll(async () => {
  k?.dispose()
  await server?.dispose()
})

/** By name: a kubeconfig of whoever runs the tests must have no part in it. */
const sheaf = (...args: string[]): Promise<ProgramResult> => server.sheaf(...args, '--kubeconfig', server.kubeconfig)
const usesText = (): Promise<string> => k.ok('get', 'deprecatedfielduses')
const machine = (): Promise<VirtualMachine> => virtualMachines(server).get(key(name))

async function metric(start: string): Promise<string[]> {
  const { body } = await server.fetch({ method: 'GET', path: '/metrics', headers: {} })
  return (await bodyText(body)).split('\n').filter((line) => line.startsWith(start))
}

test('DU1 DU10 DU24 from the first warning to a store that says nothing deprecated any more', async () => {
  const applied = await k.run(['apply', '-f', manifest])
  expect(applied).toEqual({
    code: 0,
    stdout: `virtualmachine.kubevirt.io/${name} created\n`,
    stderr: `Warning: ${runningIsDeprecated}\n`,
  })
  const guest = await untilGuestAnswers(server, name)
  const uid = uidOf(guest.instance)
  const pid = (): number | undefined => machineProcesses(server.dataFolder).find(({ id }) => id === uid)?.pid
  const before = pid()
  expect(before).toBeDefined()

  // Named.
  const line = await eventually('kubectl is named', async () =>
    (await usesText()).split('\n').find((each) => each.includes('kubectl')),
  )
  expect((await usesText()).split('\n')[0]?.trim().split(/ {2,}/)).toEqual([
    'NAME',
    'FIELD',
    'USER',
    'CLIENT',
    'LAST SEEN',
    'COUNT',
  ])
  expect(line).toMatch(/^running-virtualmachine-[0-9a-f]{16} +spec\.running +admin +kubectl +\S+ +1 *$/)
  expect(await k.ok('get', 'dfu', '-o', 'wide')).toMatch(/default\/deprecated-running +runStrategy: Always for true/)
  expect(await k.ok('explain', 'deprecatedfielduse.client')).toContain('The program that sent it')

  // Counted, for those who may enter.
  expect(await metric('sheaf_deprecated_field_requests_total')).toEqual([
    'sheaf_deprecated_field_requests_total{field="spec.running",group="kubevirt.io",version="v1",resource="virtualmachines",user="admin",user_agent="kubectl"} 1',
  ])
  expect((await metric('apiserver_request_total')).find((each) => /verb="POST".*virtualmachines"/.test(each))).toMatch(
    /code="201"} 1$/,
  )
  expect((await metric('apiserver_longrunning_requests')).join('\n')).toMatch(/verb="WATCH",group="kubevirt.io".* [1-9]/)
  const { authorization: _without, ...stranger } = readKubeconfig(server.kubeconfig)
  expect((await httpsFetch(stranger)({ method: 'GET', path: '/metrics', headers: {} })).status).toBe(403)

  // Helped: what is in the way, what would be done, and it is done.
  const asked = await sheaf('deprecations', '--fail-on-use')
  expect(asked.code).toBe(3)
  expect(asked.stdout).toMatch(/^running +in use: sent .+ ago by kubectl as admin$/m)
  expect(asked.stdout).toMatch(/^spec.running +VirtualMachine default\/deprecated-running +true +sheaf migrate-storage$/m)
  const change = `VirtualMachine default/${name}: spec.running: true → spec.runStrategy: Always\n`
  const planned = await sheaf('migrate-storage', '--dry-run')
  expect(planned).toMatchObject({
    code: 0,
    stderr: '',
    stdout: expect.stringContaining(`${change}1 object would be rewritten; nothing was changed`),
  })
  expect((await machine()).spec.running).toBe(true)
  const done = await sheaf('migrate-storage')
  expect(done).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining(`${change}1 object rewritten`) })
  const { spec, metadata } = await machine()
  expect([spec.running, spec.runStrategy]).toEqual([undefined, 'Always'])

  // The guest has not noticed.
  const instance = await instances(server).get(key(name))
  expect(uidOf(instance)).toBe(uid)
  expect(await askGuest(instance, '/boot-id')).toBe(guest.bootId)
  expect(pid()).toBe(before)

  // Again: nothing.
  const again = await sheaf('migrate-storage')
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing to rewrite') })
  // The controller may still write the status that it makes of the first time.
  expect((await machine()).metadata.generation).toBe(metadata.generation)
})

test('DU2 DU7 a sender who is refused is counted on, also after the server was killed', async () => {
  await server.kill('SIGKILL')
  await server.start()
  // What it applied is gone from the store, so kubectl sends it again; beside runStrategy it is refused.
  expect(await k.refusal(['apply', '-f', manifest])).toContain('mutually exclusive')
  const count = async (): Promise<string | undefined> => / +admin +kubectl +\S+ +(\d+)/.exec(await usesText())?.[1]
  await eventually('it is counted on', async () => (await count()) === '2')
  const text = (await sheaf('deprecations', '--rule', 'running', '-o', 'json')).stdout
  expect(JSON.parse(text)).toMatchObject({
    rules: [{ rule: 'running', verdict: 'sent', stored: [], uses: [{ client: 'kubectl', count: 2 }] }],
  })
})

test('DU7 what is not written yet is written when the server ends', async () => {
  await k.refusal(['apply', '-f', manifest])
  await server.kill('SIGTERM')
  await server.start()
  expect(await usesText()).toMatch(/ +admin +kubectl +\S+ +3/)
})

test('a kubeconfig that leads nowhere is told with what would work', async () => {
  const { code, stderr } = await sheaf('deprecations', '--context', 'nowhere')
  expect([code, stderr]).toEqual([2, expect.stringContaining('it has no context "nowhere". It has: sheaf')])
  expect((await server.sheaf('migrate-storage', '--kubeconfig', '/nowhere')).code).toBe(2)
  expect((await sheaf('migrate-storage', '-A', '-n', 'default')).code).toBe(2)
})
