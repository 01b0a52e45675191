// docs/spec/run-strategy.md, what happens in the machine: the whole control plane over simulated machines, cell by cell.

import {
  type VirtualMachine,
  type VirtualMachineInstance,
  virtualMachineDefinition,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import { type ObjectKey, StatusError } from '@sheaf/api/meta'
import { expect, test } from 'vitest'
import { type Cell, cellsUnder } from '../../packages/kinds/src/virtualmachine/run-strategy-table.fixture.ts'
import { prepareStore, startControlPlane } from './control-plane.ts'
import { openHost } from './host.ts'
import { becomeQuiet, pass, type Platform } from './pace.ts'

const key: ObjectKey & { namespace: string } = { namespace: 'default', name: 'one' }
/** Longer than a boot. */
const bootMs = 3_000
/** Longer than a shutdown, the grace period and a boot, and shorter than the shortest pause after a failure. */
const settleMs = 8_000
const graceSeconds = 3

type Template = VirtualMachine['spec']['template']['spec']

/** The words after the comma, as far as they are about the template. */
const domains: Record<string, Partial<Template['domain']>> = {
  'with a panic device': { devices: { panicDevices: [{ model: 'pvpanic' }] } },
  'under rebootPolicy Terminate': { rebootPolicy: 'Terminate' },
}

const templateFor = (circumstance: string): Template => ({
  terminationGracePeriodSeconds: graceSeconds,
  domain: { memory: { guest: '64Mi' }, devices: {}, ...domains[circumstance] },
})

interface Stage {
  platform: Platform
  id: string
  put: (plural: 'virtualmachines' | 'virtualmachineinstances', action: string) => Promise<unknown>
}

const ofInstance =
  (action: string) =>
  ({ put }: Stage) =>
    put('virtualmachineinstances', action)

const events: Record<string, (stage: Stage) => unknown> = {
  'the guest shuts down': ({ platform, id }) => platform.host.machines.guestShutdown(id),
  'the QEMU process is lost': ({ platform, id }) => platform.host.machines.crash(id),
  'the guest panics': ({ platform, id }) => platform.host.machines.guestPanic(id),
  'the guest reboots': ({ platform, id }) => platform.host.machines.guestReboot(id),
  softreboot({ platform, id, put }) {
    const { machines } = platform.host
    machines.connectAgent(id, { 'guest-shutdown': () => machines.guestReboot(id) })
    return put('virtualmachineinstances', 'softreboot')
  },
  reset: ofInstance('reset'),
  pause: ofInstance('pause'),
  unpause: ofInstance('unpause'),
  stop: ({ put }) => put('virtualmachines', 'stop'),
  restart: ({ put }) => put('virtualmachines', 'restart'),
  async 'QEMU refuses the next start'({ platform, put }) {
    platform.host.machines.failNextLaunch('no room')
    await put('virtualmachines', 'restart').catch(() => undefined)
  },
}

const before: Record<string, (stage: Stage) => unknown> = {
  'after pause': ofInstance('pause'),
  'of a guest that does not hear': ({ platform, id }) => platform.host.machines.ignorePowerButton(id),
}

test('the table is read whole', () => {
  const rules = new Set(cellsUnder('What happens in the machine').map(({ rule }) => rule))
  expect([...rules].join(' ')).toBe('RS100 RS101 RS102 RS103 RS104 RS105 RS106 RS107 RS108 RS109 RS110 RS111 RS112 RS113')
})

test.each(cellsUnder('What happens in the machine'))('$rule $strategy: $event → $expected', async (cell) => {
  const host = openHost()
  const platform: Platform = { host, plane: startControlPlane(host), heldUntilMs: 0 }
  try {
    await carryOut(cell, platform)
    expect([...host.breaches, ...platform.plane.complaints]).toEqual([])
  } finally {
    platform.plane.kill()
    host.close()
  }
})

async function carryOut({ event, strategy, expected }: Cell, platform: Platform): Promise<void> {
  const { client } = platform.plane
  await prepareStore(platform.plane)
  const [what = '', circumstance = ''] = event.split(', ')
  const put: Stage['put'] = (plural, action) =>
    client.request('PUT', `/apis/subresources.kubevirt.io/v1/namespaces/${key.namespace}/${plural}/${key.name}/${action}`)
  await client.resource<VirtualMachine>(virtualMachineDefinition).create({
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { ...key },
    spec: { runStrategy: strategy, template: { spec: templateFor(circumstance) } },
  })
  if (strategy === 'Manual') await put('virtualmachines', 'start')
  await pass(platform, bootMs)
  const id = (await see(platform)).vmi?.metadata.uid ?? ''
  const stage = { platform, id, put }
  await before[circumstance]?.(stage)
  const happen = events[what]
  if (happen === undefined) throw new Error(`no such event: ${event}`)
  const refusal = await Promise.resolve(happen(stage)).then(
    () => undefined,
    (error: unknown) => error,
  )
  await becomeQuiet(platform)
  await pass(platform, settleMs)
  expectEnd(expected, strategy, id, await see(platform), refusal)
}

async function see({ plane }: Platform) {
  return {
    vm: await plane.client.resource<VirtualMachine>(virtualMachineDefinition).get(key),
    vmi: await plane.client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition).find(key),
  }
}

function expectEnd(
  expected: string,
  strategy: string,
  id: string,
  { vm, vmi }: Awaited<ReturnType<typeof see>>,
  refusal: unknown,
): void {
  if (expected.startsWith('409 ')) {
    expect(refusal).toBeInstanceOf(StatusError)
    expect((refusal as StatusError).message).toContain(expected.slice(4))
    expect(vmi?.metadata.uid).toBe(id)
    return
  }
  expect(refusal).toBeUndefined()
  const [rest = '', strategyAfter = strategy] = expected.split(' as ')
  const [end = '', word] = rest.split(', ')
  expect(vm.spec.runStrategy).toBe(strategyAfter)
  const seen = { uid: vmi?.metadata.uid, status: vm.status?.printableStatus }
  switch (end) {
    case 'same':
      return expect(seen).toEqual({ uid: id, status: word ?? 'Running' })
    case 'new':
      expect(seen).toEqual({ uid: expect.any(String), status: 'Running' })
      return expect(seen.uid).not.toBe(id)
    case 'kept':
      return expect(seen).toEqual({ uid: expect.any(String), status: 'Stopped' })
    case 'off':
      return expect(seen).toEqual({ uid: undefined, status: 'Stopped' })
    case 'later':
      return expect(seen).toEqual({ uid: undefined, status: 'CrashLoopBackOff' })
    default:
      throw new Error(`what is ${expected}?`)
  }
}
