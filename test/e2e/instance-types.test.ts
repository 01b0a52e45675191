// Instance types and preferences with unmodified kubectl: the example is applied, the guest has the CPUs that they say, and
// QEMU was started with them.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../kit/eventually.ts'
import { findKubectls, type KubectlSession, kubectlSession } from '../kit/kubectl.ts'
import { machineProcesses } from '../kit/machine-processes.ts'
import { root } from '../kit/repository-root.ts'
import { type ServerProcess, startServerProcess } from '../kit/server-process.ts'
import { uidOf, untilGuestAnswers } from '../kit/virtual-machines.ts'

const example = join(root, 'examples', 'instance-type.yaml')

let server: ServerProcess
let k: KubectlSession
beforeAll(async () => {
  server = await startServerProcess()
  const [kubectl] = await findKubectls()
  if (kubectl === undefined) throw new Error('there is no kubectl: install one and try again')
  k = kubectlSession(kubectl, server, 'default')
})
afterAll(async () => {
  k?.dispose()
  await server?.dispose()
})

const namesOf = async (resources: string): Promise<string[]> =>
  (await k.ok('get', resources, '-o', 'name')).split('\n').filter((name) => name !== '')

test('the example runs with the size and the taste that it names, keeps both, and leaves nothing behind', async () => {
  await k.ok('apply', '-f', example)
  expect(await namesOf('vmclusterinstancetype,vmcp')).toEqual([
    'virtualmachineclusterinstancetype.instancetype.kubevirt.io/two-cpus',
    'virtualmachineclusterpreference.instancetype.kubevirt.io/small-linux',
  ])
  const { instance } = await untilGuestAnswers(server, 'sized')
  expect(instance.spec.domain.cpu).toMatchObject({ sockets: 1, cores: 2, threads: 1 })
  expect(instance.spec.terminationGracePeriodSeconds).toBe(10)
  expect(instance.metadata.annotations).toMatchObject({
    'kubevirt.io/cluster-instancetype-name': 'two-cpus',
    'kubevirt.io/cluster-preference-name': 'small-linux',
  })
  const pid = machineProcesses(server.dataFolder).find(({ id }) => id === uidOf(instance))?.pid
  const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  expect(line).toContain('-smp cpus=2,sockets=1,cores=2,threads=1')
  expect(line).toContain(`-m size=${128 * 1024}k`)
  expect(line).toContain('virtio-net-pci')

  expect(await namesOf('controllerrevisions')).toEqual([
    expect.stringMatching(/^controllerrevision.apps\/sized-small-linux-v1beta1-/),
    expect.stringMatching(/^controllerrevision.apps\/sized-two-cpus-v1beta1-/),
  ])
  await k.ok('delete', '-f', example)
  await eventually('what was kept goes with the machine', async () => (await namesOf('controllerrevisions')).length === 0)
})
