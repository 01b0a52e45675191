import type { Node } from '@sheaf/api'
import { findCondition } from '@sheaf/api/meta'
import { createManualClock } from '@sheaf/machinery/controller'
import { expect, test } from 'vitest'
import { host } from './host.fixture.ts'
import { statusOf } from './status.ts'

const seen = { host, strays: [] }
const node: Node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'attic' } }

test('the node tells what the machine has and what runs on it', () => {
  const status = statusOf(node, seen, true, createManualClock())
  expect(status.capacity).toEqual({
    cpu: '8',
    'devices.kubevirt.io/kvm': '1k',
    'ephemeral-storage': '524288000Ki',
    memory: '16777216Ki',
    pods: '110',
  })
  expect(status.allocatable).toEqual(status.capacity)
  expect(status.addresses).toEqual([
    { type: 'InternalIP', address: '192.0.2.7' },
    { type: 'Hostname', address: 'attic' },
  ])
  expect(status.nodeInfo).toMatchObject({ kernelVersion: '6.12.0', architecture: 'amd64', kubeletVersion: 'v0.1.0' })
})

test('KVM is only promised where it works', () => {
  const { capacity } = statusOf(node, { ...seen, host: { ...host, kvmIsUsable: false } }, true, createManualClock())
  expect(capacity).not.toHaveProperty('devices.kubevirt.io/kvm')
})

test('short memory and a full disk are told, each by its condition', () => {
  const short = { ...host, memoryAvailableBytes: 50 * 2 ** 20, diskAvailableBytes: 49 * 2 ** 30 }
  const told = (facts: typeof host): string[] =>
    (statusOf(node, { ...seen, host: facts }, true, createManualClock()).conditions ?? []).map(
      ({ type, status }) => `${type}=${status}`,
    )
  expect(told(host)).toEqual(['MemoryPressure=False', 'DiskPressure=False', 'StrayGuests=False', 'Ready=True'])
  expect(told(short)).toEqual(['MemoryPressure=True', 'DiskPressure=True', 'StrayGuests=False', 'Ready=True'])
})

test('between heartbeats an unchanged machine is an unchanged status; a heartbeat moves only the heartbeat times', () => {
  const clock = createManualClock()
  const first = statusOf(node, seen, true, clock)
  clock.advance(60_000)
  const known = { ...node, status: first }
  expect(statusOf(known, seen, false, clock)).toEqual(first)
  const ready = findCondition(statusOf(known, seen, true, clock).conditions, 'Ready')
  expect(ready).toMatchObject({ lastHeartbeatTime: '2026-01-01T00:01:00Z', lastTransitionTime: '2026-01-01T00:00:00Z' })
})

test('guests that belong to no instance are told of, the first few by name, with what to do', () => {
  const strays = Array.from({ length: 7 }, (_, index) => `shop/web${index} (process ${index})`)
  const { conditions } = statusOf(node, { host, strays }, true, createManualClock())
  const told = findCondition(conditions, 'StrayGuests')
  expect(told).toMatchObject({ status: 'True', reason: 'GuestsWithoutInstance' })
  expect(told?.message).toMatch(/shop\/web0 \(process 0\); .*shop\/web4 \(process 4\); and 2 more\. .*sheaf down/)
})
