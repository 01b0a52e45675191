import { expect, it } from 'vitest'
import { qemuArguments } from '../argv.ts'
import { samplePlan } from '../testing/sample-plan.ts'
import { incomingArguments, incomingFolder } from './incoming-arguments.ts'

const folder = '/data/machines/one'
const forwards = [{ name: 'ssh', protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 2222, guestPort: 22 }] as const
const plan = samplePlan('one', {
  graphics: true,
  cpu: { model: 'max', sockets: 1, cores: 1, threads: 1, settings: { avx: false } },
  kernel: { kernelPath: '/boot/vmlinuz', commandLine: '-S' },
  interfaces: [
    {
      name: 'default',
      macAddress: '02:00:00:00:00:01',
      model: 'virtio-net',
      forwards: [{ ...forwards[0], hostPort: 'any' }],
    },
  ],
})
const words = qemuArguments(plan, { folder, accelerator: 'tcg', forwards })
const changes = { folder, machineType: 'pc-q35-7.2', withheld: ['avx2', 'fma'] }

it('MG10 says to the new process what the old one was told, but for its own files, the ports, the type and the processor', () => {
  const told = incomingArguments(words, { ...changes, subfolder: incomingFolder(77) })
  const changed = words.flatMap((word, place) => (told.includes(word) ? [] : [[words[place - 1] ?? '', word] as const]))
  expect(changed.map(([option]) => option).toSorted()).toEqual(
    ['-chardev', '-chardev', '-chardev', '-chardev', '-cpu', '-machine', '-netdev', '-pidfile', '-vnc'].toSorted(),
  )
  const added = told.filter((word) => !words.includes(word))
  expect(added).toEqual([
    '/data/machines/one/incoming-77/qemu.pid',
    expect.stringMatching(/^pc-q35-7\.2,/),
    'max,avx=off,avx2=off,fma=off',
    expect.stringMatching(/path=incoming-77\/qmp\.sock.*logfile=events\.log/),
    expect.stringMatching(/path=incoming-77\/tools\.sock/),
    expect.stringMatching(/path=incoming-77\/serial\.sock.*logfile=serial\.log/),
    expect.stringMatching(/^user,id=net-default(?!.*hostfwd)/),
    expect.stringMatching(/^unix:incoming-77\/vnc\.sock/),
    expect.stringMatching(/path=incoming-77\/agent\.sock/),
    '-incoming',
    'defer',
  ])
})

it('MG10 lets the guest run by itself when it has arrived, and takes the command line of its kernel for no option', () => {
  const told = incomingArguments(words, { ...changes, subfolder: incomingFolder(77) })
  expect(words.filter((word) => word === '-S')).toHaveLength(2)
  expect(told.filter((word) => word === '-S')).toHaveLength(1)
  expect(told[told.indexOf('-S') - 1]).toBe('-append')
})

it('MG10 moves a machine again that was moved before', () => {
  const once = incomingArguments(words, { ...changes, subfolder: incomingFolder(77) })
  const twice = incomingArguments(once, { ...changes, withheld: [], subfolder: incomingFolder(88) })
  expect(twice).toEqual(once.map((word) => word.replaceAll('incoming-77', 'incoming-88')))
})
