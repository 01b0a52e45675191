// Deeds, done: to the API as a user would, to the guests as they would themselves.

import {
  type Namespace,
  namespaceDefinition,
  type VirtualMachine,
  virtualMachineDefinition,
  type VirtualMachineInstance,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import type { Client } from '@sheaf/api/client'
import { isAlreadyExists, type Json, type ObjectKey, StatusError } from '@sheaf/api/meta'
import { type Host, imageName } from './host.ts'
import type { Strategy } from './model.ts'
import type { Deed, Slot } from './operations.ts'

export function keyOfSlot(slot: Slot): ObjectKey & { namespace: string } {
  const [namespace = '', name = ''] = slot.split('/')
  return { namespace, name }
}

export const machineName = (slot: Slot): string => slot.replace('/', '_')

/** The code of the API's answer; undefined when it was not asked. */
export async function doDeed(slot: Slot, deed: Deed, client: Client, host: Host): Promise<number | undefined> {
  const key = keyOfSlot(slot)
  const vms = client.resource<VirtualMachine>(virtualMachineDefinition)
  const put = (plural: string, action: string, body?: Json): Promise<number> =>
    codeOf(
      client.request(
        'PUT',
        `/apis/subresources.kubevirt.io/v1/namespaces/${key.namespace}/${plural}/${key.name}/${action}`,
        body,
      ),
      202,
    )
  const post = (action: string): Promise<number> =>
    codeOf(
      client.request(
        'POST',
        `/apis/subresources.harvesterhci.io/v1beta1/namespaces/${key.namespace}/virtualmachines/${key.name}/${action}`,
      ),
      204,
    )
  switch (deed.kind) {
    case 'create':
      return codeOf(vms.create(machineOf(key, deed)), 201)
    case 'start':
      return put('virtualmachines', 'start', { paused: deed.paused })
    case 'start as before':
      return post('start')
    case 'halt':
      return post('stop')
    case 'stop':
      return put('virtualmachines', 'stop', deed.graceSeconds === undefined ? {} : { gracePeriod: deed.graceSeconds })
    case 'restart':
      return put('virtualmachines', 'restart', deed.forced ? { gracePeriodSeconds: 0 } : {})
    case 'pause':
    case 'unpause':
      return put('virtualmachineinstances', deed.kind)
    case 'set strategy':
      return codeOf(vms.patch(key, { spec: { runStrategy: null, running: null, ...strategyField(deed.to) } }), 200)
    case 'set hostname':
      return codeOf(vms.patch(key, { spec: { template: { spec: { hostname: deed.to } } } }), 200)
    case 'delete VM':
      return codeOf(vms.delete(key, { propagationPolicy: deed.policy }), 200)
    case 'delete instance':
      return codeOf(client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition).delete(key), 200)
    case 'delete namespace':
      return codeOf(client.resource<Namespace>(namespaceDefinition).delete({ namespace: '', name: key.namespace }), 200)
    case 'guest':
      guestDoes(slot, deed.does, host)
      return undefined
    case 'QEMU':
      if (deed.refuses) host.refused.add(machineName(slot))
      else host.refused.delete(machineName(slot))
      return undefined
    case 'image':
      host.imageIsThere = deed.isThere
      return undefined
    case 'restart the control plane':
    case 'host goes down':
    case 'time passes':
    case 'clock jumps':
      return undefined
  }
}

const strategyField = (to: Strategy | boolean) => (typeof to === 'boolean' ? { running: to } : { runStrategy: to })

function machineOf(
  key: ObjectKey,
  { runs, graceSeconds, hasImage, tellsPanic }: Extract<Deed, { kind: 'create' }>,
): VirtualMachine {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { ...key },
    spec: {
      ...strategyField(runs),
      template: {
        spec: {
          hostname: 'one',
          terminationGracePeriodSeconds: graceSeconds,
          domain: {
            memory: { guest: '64Mi' },
            devices: {
              ...(hasImage ? { disks: [{ name: 'root', disk: { bus: 'virtio' } }] } : {}),
              ...(tellsPanic ? { panicDevices: [{ model: 'pvpanic' }] } : {}),
            },
          },
          ...(hasImage ? { volumes: [{ name: 'root', containerDisk: { image: imageName } }] } : {}),
        },
      },
    },
  }
}

/** A paused guest does nothing. */
function guestDoes(slot: Slot, does: Extract<Deed, { kind: 'guest' }>['does'], { machines }: Host): void {
  const running = [...machines.machines.values()].find(
    ({ plan, state }) => plan.name === machineName(slot) && state.kind === 'running',
  )
  if (running?.state.kind !== 'running') return
  const { id } = running.plan
  if (does === 'crash') machines.crash(id)
  if (running.state.paused) return
  if (does === 'shut down') machines.guestShutdown(id)
  if (does === 'panic') machines.guestPanic(id)
  if (does === 'reboot') machines.guestReboot(id)
  if (does === 'ignore the power button') machines.ignorePowerButton(id)
}

async function codeOf(answer: Promise<unknown>, code: number): Promise<number> {
  try {
    await answer
    return code
  } catch (error) {
    if (error instanceof StatusError) return error.code
    throw error
  }
}

export async function ensureNamespace(name: string, client: Client): Promise<void> {
  try {
    await client.resource<Namespace>(namespaceDefinition).create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
}
