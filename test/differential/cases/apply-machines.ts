// A real Kind with a large schema.

import type { JsonObject } from '@sheaf/api/meta'
import type { ExchangeCase } from '../exchange-case.ts'
import { apply, force, get, machines, patch, post } from './steps.ts'

const vm = `${machines}/vm`

function machine(spec: JsonObject, metadata: JsonObject = {}): JsonObject {
  return { apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachine', metadata: { name: 'vm', ...metadata }, spec }
}

const template = (domain: JsonObject, more: JsonObject = {}): JsonObject => ({
  template: { metadata: { labels: { app: 'vm' } }, spec: { domain: { devices: {}, ...domain }, ...more } },
})

const disks = (...names: string[]): JsonObject => ({
  devices: { disks: names.map((name) => ({ name, disk: { bus: 'virtio' } })) },
})

const volumes = (...names: string[]): JsonObject => ({
  volumes: names.map((name) => ({ name, emptyDisk: { capacity: '1Gi' } })),
})

export const applyMachines: readonly ExchangeCase[] = [
  {
    name: 'SA50 a machine is applied and grows',
    steps: [
      apply(vm, 'one', machine({ runStrategy: 'Halted', ...template({ memory: { guest: '1Gi' } }) })),
      apply(vm, 'one', machine({ runStrategy: 'Always', ...template({ memory: { guest: '2Gi' }, cpu: { cores: 2 } }) })),
      apply(vm, 'two', machine({ ...template({ cpu: { cores: 4 } }) })),
      apply(vm, 'two', machine({ ...template({ cpu: { cores: 4 } }) }), force),
    ],
  },
  {
    name: 'SA50 the disks of a machine are in one piece',
    steps: [
      apply(vm, 'one', machine({ runStrategy: 'Halted', ...template(disks('root'), volumes('root')) })),
      apply(vm, 'two', machine({ ...template(disks('data'), volumes('data')) })),
      apply(vm, 'two', machine({ ...template(disks('root', 'data'), volumes('root', 'data')) }), force),
      apply(vm, 'one', machine({ runStrategy: 'Halted', ...template({}) })),
    ],
  },
  {
    name: 'SA50 who starts a machine by a patch owns its run strategy',
    steps: [
      post(machines, 'creator', machine({ runStrategy: 'Halted', ...template({ memory: { guest: '1Gi' } }) })),
      patch('merge', vm, 'starter', { spec: { runStrategy: 'Always' } }),
      apply(vm, 'creator', machine({ runStrategy: 'Halted', ...template({ memory: { guest: '1Gi' } }) })),
      get(vm),
    ],
  },
  {
    name: 'SA50 a quantity is a number or a text',
    steps: [
      apply(vm, 'one', machine({ runStrategy: 'Halted', ...template({ resources: { requests: { memory: '1Gi', cpu: 2 } } }) })),
      apply(vm, 'two', machine({ ...template({ resources: { requests: { memory: '2Gi' } } }) })),
      apply(vm, 'two', machine({ ...template({ resources: { requests: { cpu: 2 } } }) })),
    ],
  },
  {
    name: 'SA50 a wrong field deep in a machine is told by its path',
    steps: [
      apply(vm, 'one', machine({ ...template({ cpu: { cores: 'two' } }) })),
      apply(vm, 'one', machine({ ...template({ cpu: { coers: 2 } }) })),
      apply(vm, 'one', machine({ ...template({ devices: { disks: [{ nmae: 'x' }] } }) })),
      apply(vm, 'one', machine({ runStrategy: 5, ...template({}) })),
    ],
  },
]
