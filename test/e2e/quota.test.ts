// docs/spec/quota.md and event.md with kubectl: two machines and room for one, one that is too large, and what is told of it.

import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../kit/eventually.ts'
import { findKubectls, type KubectlSession, kubectlSession } from '../kit/kubectl.ts'
import { root } from '../kit/repository-root.ts'
import { type ServerProcess, startServerProcess } from '../kit/server-process.ts'
import { guestMachine, key, virtualMachines } from '../kit/virtual-machines.ts'

const namespace = 'default'
let server: ServerProcess
let k: KubectlSession
beforeAll(async () => {
  server = await startServerProcess()
  const program = (await findKubectls()).at(-1)
  if (program === undefined) throw new Error('there is no kubectl')
  k = kubectlSession(program, server, namespace)
})
afterAll(async () => {
  k?.dispose()
  await server?.dispose()
})

const statusOf = async (name: string) => (await virtualMachines(server).get(key(name))).status

test('RQ3 a machine that there is no room for says so, and starts when there is', async () => {
  const memory = guestMachine('one', 'Always').spec.template.spec.domain.memory?.guest ?? ''
  await k.ok('create', 'quota', 'most', `--hard=requests.memory=${memory},count/virtualmachines.kubevirt.io=2`)
  await virtualMachines(server).create(guestMachine('one', 'Always'))
  await eventually('the first runs', async () => (await statusOf('one'))?.printableStatus === 'Running')
  await virtualMachines(server).create(guestMachine('two', 'Always'))
  const refused = await eventually('the second is refused', async () =>
    (await statusOf('two'))?.conditions?.find(({ type }) => type === 'Failure'),
  )
  expect(refused).toMatchObject({ status: 'True', reason: 'FailedCreate' })
  expect(refused.message).toContain(`exceeded quota: most, requested: requests.memory=${memory}, used: requests.memory=${memory}`)
  expect(await k.ok('get', 'quota')).toContain(`requests.memory: ${memory}/${memory}`)
  expect(await k.ok('describe', 'quota', 'most')).toMatch(/count\/virtualmachines\.kubevirt\.io\s+2\s+2/)
  expect(await k.refusal(['create', '-f', '-'], JSON.stringify(guestMachine('three', 'Halted')))).toContain(
    'exceeded quota: most',
  )
  await k.ok('delete', 'vm', 'one')
  await eventually('the second runs', async () => (await statusOf('two'))?.printableStatus === 'Running', 60_000)
})

test('LR2 a machine that is too large for its namespace is refused with what the most is', async () => {
  await k.ok('create', 'namespace', 'small')
  await k.ok('apply', '-n', 'small', '-f', join(root, 'examples', 'quota.yaml'))
  expect(await k.ok('describe', '-n', 'small', 'limits', 'each')).toMatch(/Container\s+memory\s+64Mi\s+1Gi/)
  const large = { ...guestMachine('large', 'Always'), metadata: { name: 'large', namespace: 'small' } }
  large.spec.template.spec.domain.memory = { guest: '1025Mi' }
  await virtualMachines(server).create(large)
  const refused = await eventually('the machine is refused', async () =>
    (await virtualMachines(server).get({ namespace: 'small', name: 'large' })).status?.conditions?.find(
      ({ type }) => type === 'Failure',
    ),
  )
  expect(refused.message).toContain('maximum memory usage per Container is 1Gi, but request is 1025Mi')
})

test('EV1 kubectl reads events of both groups', async () => {
  const [core, newer] = [
    await k.ok('get', 'events', '-A', '-o', 'name'),
    await k.ok('get', 'events.v1.events.k8s.io', '-A', '-o', 'name'),
  ]
  expect(newer.replaceAll('.events.k8s.io', '').split('\n').toSorted()).toEqual(core.split('\n').toSorted())
  expect(await k.ok('explain', 'events.regarding', '--api-version=events.k8s.io/v1')).toContain('GROUP:      events.k8s.io')
})
