// docs/spec/volume.md with kubectl and a real guest: what it writes to a claim's disk outlives it.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { VirtualMachine } from '@sheaf/api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../kit/eventually.ts'
import { findKubectls, type KubectlSession, kubectlSession } from '../kit/kubectl.ts'
import { root } from '../kit/repository-root.ts'
import { withGuestShell } from '../kit/guest-shell.ts'
import { type ServerProcess, startServerProcess } from '../kit/server-process.ts'
import type { Terminal } from '../kit/terminal.ts'
import { guestMachine, instances, key, untilGuestAnswers, virtualMachines } from '../kit/virtual-machines.ts'

let server: ServerProcess
let k: KubectlSession
beforeAll(async () => {
  server = await startServerProcess()
  const program = (await findKubectls()).at(-1)
  if (program === undefined) throw new Error('there is no kubectl')
  k = kubectlSession(program, server, 'default')
})
afterAll(async () => {
  k?.dispose()
  await server?.dispose()
})

function machineOn(name: string, claimName: string): VirtualMachine {
  const vm = guestMachine(name, 'Always')
  const { spec } = vm.spec.template
  spec.volumes = [{ name: 'data', persistentVolumeClaim: { claimName } }]
  spec.domain.devices.disks = [{ name: 'data', disk: { bus: 'virtio' } }]
  return vm
}

async function inGuest(name: string, use: (shell: Terminal) => Promise<void>): Promise<void> {
  await untilGuestAnswers(server, name)
  await withGuestShell(server, name, use)
}

const diskPath = async (): Promise<string> =>
  join(await k.ok('get', 'pv', '-o', 'jsonpath={.items[0].spec.local.path}'), 'disk.img')
const statusOf = async (name: string) => (await virtualMachines(server).get(key(name))).status?.printableStatus

test('VO1 VO6 what a guest writes to its claim is there for the next guest, and after a death of the server', async () => {
  await virtualMachines(server).create(machineOn('first', 'data'))
  await eventually('it waits for the claim', async () => (await statusOf('first')) === 'ErrorPvcNotFound')
  const [claim = ''] = readFileSync(join(root, 'examples/persistent-disk.yaml'), 'utf8').split('---')
  await k.send('apply', claim)
  await inGuest('first', async (shell) => {
    shell.type('cat /sys/block/vda/size; echo "from the first" > /dev/vda; sync; echo written\r')
    await shell.sees(/\b2097152\b/)
    await shell.sees(/\nwritten/)
  })
  expect(await k.ok('get', 'pvc', 'data')).toMatch(/data\s+Bound\s+pvc-\S+\s+1Gi\s+RWO\s+local/)
  expect(await k.ok('get', 'sc')).toMatch(/local \(default\)\s+sheaf\.io\/local\s+Delete\s+Immediate\s+true/)
  expect(await k.ok('get', 'events', '--field-selector', 'involvedObject.name=data')).toContain('Successfully provisioned volume')
  await k.ok('delete', 'vm', 'first')
  await server.kill('SIGKILL')
  await server.start()
  await virtualMachines(server).create(machineOn('second', 'data'))
  await inGuest('second', async (shell) => {
    shell.type('head -c 14 /dev/vda; echo .\r')
    await shell.sees(/from the first\./)
  })
})

test('VO8 another machine on the same claim waits until the first is gone', async () => {
  await virtualMachines(server).create(machineOn('third', 'data'))
  const why = await eventually('it is refused', async () =>
    (await instances(server).find(key('third')))?.status?.conditions?.find(({ reason }) => reason === 'FailedAttachVolume'),
  )
  expect(why.message).toContain('is attached to "second"')
  await k.ok('delete', 'vm', 'second')
  await eventually('then it runs', async () => (await statusOf('third')) === 'Running', 60_000)
})

test('VO5 the disk goes with its claim, and not under a machine', async () => {
  const path = await diskPath()
  await k.ok('delete', 'pvc', 'data', '--wait=false')
  expect(await k.ok('get', 'pvc', 'data')).toContain('Terminating')
  expect(existsSync(path)).toBe(true)
  await k.ok('delete', 'vm', 'third')
  await eventually('the claim, its volume and its disk are gone', async () => {
    const left = await k.ok('get', 'pvc,pv', '-o', 'name')
    return left.trim() === '' && !existsSync(path)
  })
})
