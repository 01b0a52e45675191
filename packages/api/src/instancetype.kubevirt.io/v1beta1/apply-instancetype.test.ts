// docs/spec/instancetype.md: what an instance type makes of a template, and what stands against it.

import { describe, expect, it } from 'vitest'
import type { VirtualMachine } from '../../kubevirt.io/v1/virtual-machine.ts'
import { expandTemplate } from './expand-template.ts'
import { expanded, instancetypeOf, templateOf } from './samples.fixture.ts'
import type { InstancetypeSpec } from './virtual-machine-instancetype.ts'

const full: InstancetypeSpec = {
  cpu: {
    guest: 2,
    model: 'host-passthrough',
    dedicatedCPUPlacement: true,
    isolateEmulatorThread: true,
    maxSockets: 8,
    numa: { guestMappingPassthrough: {} },
    realtime: {},
  },
  memory: { guest: '1Gi', maxGuest: '4Gi', hugepages: { pageSize: '2Mi' } },
  nodeSelector: { zone: 'a' },
  schedulerName: 'ours',
  ioThreads: { supplementalPoolThreadCount: 2 },
  ioThreadsPolicy: 'auto',
  launchSecurity: { sev: {} },
  gpus: [{ name: 'gpu', deviceName: 'vendor/gpu' }],
  hostDevices: [{ name: 'nic', deviceName: 'vendor/nic' }],
  annotations: { size: 'two' },
}

describe('IT22 an instance type', () => {
  it('gives CPUs, memory, devices and a place', () => {
    const { spec, metadata } = expanded(templateOf({ cpu: { features: [{ name: 'vmx' }] } }), { instancetype: full })
    expect(spec).toMatchObject({ nodeSelector: { zone: 'a' }, schedulerName: 'ours' })
    expect(spec.domain).toMatchObject({
      cpu: {
        sockets: 2,
        cores: 1,
        threads: 1,
        model: 'host-passthrough',
        dedicatedCpuPlacement: true,
        isolateEmulatorThread: true,
        maxSockets: 8,
        numa: { guestMappingPassthrough: {} },
        realtime: {},
        features: [{ name: 'vmx' }],
      },
      memory: { guest: '1Gi', maxGuest: '4Gi', hugepages: { pageSize: '2Mi' } },
      ioThreads: { supplementalPoolThreadCount: 2 },
      ioThreadsPolicy: 'auto',
      launchSecurity: { sev: {} },
      devices: { gpus: full.gpus, hostDevices: full.hostDevices },
    })
    expect(metadata?.annotations).toEqual({ size: 'two' })
  })

  it('asks less of the host than it promises the guest', () => {
    const instancetype = instancetypeOf(1, { memory: { guest: '1Gi', overcommitPercent: 25 } })
    const { memory, resources } = expanded(templateOf(), { instancetype }).spec.domain
    expect(memory).toEqual({ guest: '1Gi' })
    expect(resources).toEqual({ requests: { memory: '768Mi' } })
  })

  it('changes neither itself nor the template that it is applied to', () => {
    const before = templateOf()
    const kept = structuredClone([before, full])
    const after = expanded(before, { instancetype: full })
    if (after.spec.nodeSelector !== undefined) after.spec.nodeSelector['zone'] = 'b'
    expect([before, full]).toEqual(kept)
  })
})

type Template = VirtualMachine['spec']['template']
const annotated = (annotations: Record<string, string>): Template => ({ ...templateOf(), metadata: { annotations } })

describe('IT23 what only the instance type may say is in conflict with', () => {
  it.each<[string, Template]>([
    ['spec.template.spec.nodeSelector', templateOf({}, { nodeSelector: {} })],
    ['spec.template.spec.schedulerName', templateOf({}, { schedulerName: 'theirs' })],
    ['spec.template.spec.domain.resources.requests.cpu', templateOf({ resources: { requests: { cpu: '1' } } })],
    ['spec.template.spec.domain.resources.limits.cpu', templateOf({ resources: { limits: { cpu: '1' } } })],
    ['spec.template.spec.domain.cpu.sockets', templateOf({ cpu: { sockets: 1 } })],
    ['spec.template.spec.domain.cpu.cores', templateOf({ cpu: { cores: 1 } })],
    ['spec.template.spec.domain.cpu.threads', templateOf({ cpu: { threads: 1 } })],
    ['spec.template.spec.domain.cpu.model', templateOf({ cpu: { model: 'max' } })],
    ['spec.template.spec.domain.cpu.dedicatedCPUPlacement', templateOf({ cpu: { dedicatedCpuPlacement: true } })],
    ['spec.template.spec.domain.cpu.isolateEmulatorThread', templateOf({ cpu: { isolateEmulatorThread: true } })],
    ['spec.template.spec.domain.cpu.numa', templateOf({ cpu: { numa: {} } })],
    ['spec.template.spec.domain.cpu.realtime', templateOf({ cpu: { realtime: {} } })],
    ['spec.template.spec.domain.memory.guest', templateOf({ memory: { guest: '128Mi' } })],
    ['spec.template.spec.domain.memory.hugepages', templateOf({ memory: { hugepages: { pageSize: '1Gi' } } })],
    ['spec.template.spec.domain.memory.maxGuest', templateOf({ memory: { maxGuest: '1Gi' } })],
    ['spec.template.spec.domain.resources.requests.memory', templateOf({ resources: { requests: { memory: '1Gi' } } })],
    ['spec.template.spec.domain.resources.limits.memory', templateOf({ resources: { limits: { memory: '1Gi' } } })],
    [
      'spec.template.spec.domain.ioThreads.supplementalPoolThreadCount',
      templateOf({ ioThreads: { supplementalPoolThreadCount: 0 } }),
    ],
    ['spec.template.spec.domain.ioThreadsPolicy', templateOf({ ioThreadsPolicy: 'shared' })],
    ['spec.template.spec.domain.launchSecurity', templateOf({ launchSecurity: {} })],
    ['spec.template.spec.domain.devices.gpus', templateOf({ devices: { gpus: [{ name: 'own', deviceName: 'x/y' }] } })],
    [
      'spec.template.spec.domain.devices.hostDevices',
      templateOf({ devices: { hostDevices: [{ name: 'own', deviceName: 'x/y' }] } }),
    ],
    ['annotations.size', annotated({ size: 'three' })],
  ])('%s', (field, template) => {
    expect(expandTemplate(template, { instancetype: full }).conflicts).toEqual([
      { type: 'FieldValueInvalid', field, message: `VM field(s) ${field} conflicts with selected instance type` },
    ])
  })

  it('each of several fields, but only the first of memory', () => {
    const template = templateOf({ cpu: { cores: 2 }, memory: { guest: '1Gi', maxGuest: '2Gi' } }, { schedulerName: 'theirs' })
    expect(expandTemplate(template, { instancetype: full }).conflicts?.map(({ field }) => field)).toEqual([
      'spec.template.spec.schedulerName',
      'spec.template.spec.domain.cpu.cores',
      'spec.template.spec.domain.memory.guest',
    ])
  })

  it('nothing that it does not speak of, nor the same said twice', () => {
    const template = templateOf(
      { cpu: { model: 'max', dedicatedCpuPlacement: true }, memory: { maxGuest: '1Gi' }, ioThreadsPolicy: 'shared' },
      { nodeSelector: { zone: 'b' } },
    )
    expect(expandTemplate(template, { instancetype: instancetypeOf(2) }).conflicts).toBeUndefined()
    expect(expandTemplate(annotated({ size: 'two' }), { instancetype: full }).conflicts).toBeUndefined()
  })
})
