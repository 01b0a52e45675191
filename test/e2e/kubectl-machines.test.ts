// What every kubectl, unmodified, sees and does of machines that run: watch, wait, describe, delete. Their firmware finds
// nothing to boot, which costs little; one real guest shows that the rest is true as well.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type RunStrategy, runningIsDeprecated } from '@sheaf/api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../kit/eventually.ts'
import { findKubectls, type KubectlSession, kubectlSession } from '../kit/kubectl.ts'
import { machineFolders, machineProcesses } from '../kit/machine-processes.ts'
import { root } from '../kit/repository-root.ts'
import { type ServerProcess, startServerProcess } from '../kit/server-process.ts'
import { askGuest, emptyMachine, uidOf, untilGuestAnswers } from '../kit/virtual-machines.ts'

const kubectls = await findKubectls()
/** Older ones know of conditions alone. */
const waitsForFieldsMinor = 23

let server: ServerProcess
beforeAll(async () => {
  server = await startServerProcess()
})
afterAll(() => server?.dispose())

function machine(name: string, runStrategy: RunStrategy) {
  return { ...emptyMachine(name, runStrategy), metadata: { name } }
}
/** As `machine` with `Always`, in the words of before. */
function deprecatedMachine(name: string) {
  const { spec, ...rest } = machine(name, 'Always')
  return { ...rest, spec: { running: true, template: spec.template } }
}

const processOf = (uid: string) => machineProcesses(server.dataFolder).find(({ id }) => id === uid)
const nothingIsLeftOf = (uid: string) =>
  eventually(`nothing is left of ${uid}`, () => {
    const folders = machineFolders(server.dataFolder)
    return processOf(uid) === undefined && !folders.some((path) => path.includes(uid))
  })

describe.each(kubectls)('kubectl $version', (kubectl) => {
  const namespace = `machines-${kubectl.minor}`
  let k: KubectlSession
  const uidOfInstance = (name: string) => k.ok('get', 'vmi', name, '-o', 'jsonpath={.metadata.uid}')

  beforeAll(async () => {
    k = kubectlSession(kubectl, server, namespace)
    await k.ok('create', 'namespace', namespace)
  })
  afterAll(() => k?.dispose())

  test('get -w shows a machine start, run and go', async () => {
    const following = k.follow(
      'get',
      'vm',
      '-w',
      '-o',
      'custom-columns=N:.metadata.name,S:.status.printableStatus',
      '--no-headers',
    )
    const statuses = () => following.lines().flatMap((line) => /^watched +(\S+)$/.exec(line)?.[1] ?? [])
    try {
      // Something must be there to be listed: an empty list is no sign that the watch has begun.
      await k.send('apply', machine('bystander', 'Halted'))
      await eventually('the watch has begun', () => following.lines().some((line) => line.startsWith('bystander')))
      await k.send('apply', machine('watched', 'Always'))
      await eventually('it runs', () => statuses().includes('Running'))
      await k.ok('delete', 'vm', 'watched')
      await eventually('it is told to go', () => statuses().includes('Terminating'))
      const changes = statuses().filter((status, index, all) => status !== all[index - 1])
      expect(changes.slice(changes.indexOf('Starting'))).toEqual(['Starting', 'Running', 'Terminating'])
    } finally {
      await following.stop()
    }
  })

  test('running: true starts a machine with a warning; wait, get and describe see it; delete leaves nothing', async () => {
    const applied = await k.run(['apply', '-f', '-'], { input: JSON.stringify(deprecatedMachine('old')) })
    expect(applied).toEqual({
      code: 0,
      stdout: 'virtualmachine.kubevirt.io/old created\n',
      stderr: `Warning: ${runningIsDeprecated}\n`,
    })
    expect(await k.ok('wait', '--for=condition=Ready', 'vm/old', '--timeout=60s')).toBe(
      'virtualmachine.kubevirt.io/old condition met\n',
    )
    expect(await k.ok('get', 'vm', 'old', '--no-headers')).toMatch(/^old +\d+s +Running +True\n$/)
    const instance = await k.ok('get', 'vmi', 'old', '-o', 'wide')
    expect(instance.split('\n')[0]?.split(/ {2,}/)).toEqual([
      'NAME',
      'AGE',
      'PHASE',
      'IP',
      'NODENAME',
      'READY',
      'LIVE-MIGRATABLE',
      'PAUSED',
    ])
    expect(instance).toMatch(/^old +\d+s +Running +\S+ +True/m)

    const events = await k.ok('get', 'events')
    expect(events.split('\n')[0]?.trim().split(/ {2,}/)).toEqual(['LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE'])
    expect(events).toMatch(/Normal +SuccessfulCreate +virtualmachine\/old +Started the virtual machine by creating/)
    expect((await k.ok('get', 'events', '-o', 'wide')).split('\n')[0]).toMatch(/^LAST SEEN .* COUNT +NAME *$/)
    const description = await k.ok('describe', 'vm', 'old')
    expect(description).toMatch(/^\s+Printable Status:\s+Running$/m)
    expect(description).toMatch(/^ +Normal +SuccessfulCreate +.*sheaf-controller +Started the virtual machine/m)
    expect(await k.ok('describe', 'vmi', 'old')).toMatch(/^ +Normal +Started /m)

    const uid = await uidOfInstance('old')
    expect(processOf(uid)).toBeDefined()
    expect(await k.ok('delete', 'vm', 'old')).toMatch(/^virtualmachine.kubevirt.io "old" deleted/)
    expect(await k.ok('get', 'vm,vmi', '--field-selector', 'metadata.name=old', '-o', 'name')).toBe('')
    await nothingIsLeftOf(uid)
  })

  test('a machine that is edited to Halted stops, and delete of its namespace takes all that is in it', async () => {
    await k.ok('create', 'namespace', `${namespace}-whole`)
    const there = kubectlSession(kubectl, server, `${namespace}-whole`)
    try {
      await there.send('create', machine('halted-later', 'Always'))
      await there.send('create', machine('goes-along', 'Always'))
      await there.ok('create', 'configmap', 'goes-along')
      await there.ok('wait', '--for=condition=Ready', 'vm', '--all', '--timeout=60s')
      const uids = [
        await there.ok('get', 'vmi', 'halted-later', '-o', 'jsonpath={.metadata.uid}'),
        await there.ok('get', 'vmi', 'goes-along', '-o', 'jsonpath={.metadata.uid}'),
      ]
      await there.ok('patch', 'vm', 'halted-later', '--type=merge', '-p', '{"spec":{"runStrategy":"Halted"}}')
      if (kubectl.minor >= waitsForFieldsMinor)
        await there.ok('wait', '--for=jsonpath={.status.printableStatus}=Stopped', 'vm/halted-later', '--timeout=60s')
      else await there.ok('wait', '--for=condition=Ready=False', 'vm/halted-later', '--timeout=60s')
      expect(await there.ok('get', 'vm', 'halted-later', '-o', 'jsonpath={.spec.runStrategy}')).toBe('Halted')

      expect(await there.ok('delete', 'namespace', `${namespace}-whole`, '--timeout=60s')).toContain('deleted')
      expect(await there.ok('get', 'vm,vmi,cm', '-o', 'name')).toBe('')
      for (const uid of uids) await nothingIsLeftOf(uid)
    } finally {
      there.dispose()
    }
  })
})

test('the demo machine answers from inside, and is gone without a trace after delete', async () => {
  const newest = kubectls.at(-1)
  if (newest === undefined) throw new Error('there is no kubectl')
  const k = kubectlSession(newest, server, 'default')
  await k.ok('apply', '-f', join(root, 'examples', 'demo-vm.yaml'))
  await k.ok('wait', '--for=condition=Ready', 'vm/demo', '--timeout=60s')
  const { instance } = await untilGuestAnswers(server, 'demo')
  expect(await askGuest(instance, '/')).toContain('This is demo,')
  const uid = uidOf(instance)
  const { pid } = processOf(uid) ?? {}
  expect(readFileSync(`/proc/${pid}/comm`, 'utf8')).toMatch(/^qemu-system/)
  await k.ok('delete', '-f', join(root, 'examples', 'demo-vm.yaml'))
  await nothingIsLeftOf(uid)
  k.dispose()
})
