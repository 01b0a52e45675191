// What is refused, expanded and told of the platform; and that the reference names everything that is served.

import { readFile } from 'node:fs/promises'
import {
  virtualMachineClusterInstancetypeDefinition,
  virtualMachineClusterPreferenceDefinition,
  virtualMachineDefinition,
} from '@sheaf/api'
import { bodyText } from '@sheaf/api/client'
import type { Json } from '@sheaf/api/meta'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { controllerUser } from './controller-user.ts'
import { type ActionWorld, startActionWorld } from './virtualmachineinstance/actions/action-world.fixture.ts'

let world: ActionWorld
beforeAll(async () => {
  world = await startActionWorld()
  await world.create('runs')
  await world.createVirtualMachine('runs')
  await world.createVirtualMachine('off')
})
afterAll(() => world.stop())

const ofVm = (name: string, action: string, method = 'PUT') =>
  world.request(method, `namespaces/default/virtualmachines/${name}/${action}`, method === 'PUT' ? {} : undefined)

describe('what cannot be done', () => {
  it.each([
    ['migrate', 'off', 404, /^virtualmachineinstance.kubevirt.io "off" not found$/],
    ['evacuate/cancel', 'runs', 409, /VM is not being evacuated/],
    [
      'addvolume',
      'runs',
      400,
      /^Enable DeclarativeHotplugVolumes or HotplugVolumes feature gate to use this API\..* stop the VM/,
    ],
    ['removevolume', 'runs', 400, /^Enable DeclarativeHotplugVolumes/],
    ['memorydump', 'runs', 400, /PersistentVolumeClaim.*dump-guest-memory/],
    ['removememorydump', 'runs', 409, /can't remove memory dump association for vm runs, no association found$/],
  ] as const)('%s of a VM that %s is %i', async (action, name, code, message) => {
    expect(await ofVm(name, action)).toMatchObject({ code, message: expect.stringMatching(message) })
  })

  it.each(['migrate', 'evacuate/cancel', 'addvolume', 'removevolume', 'memorydump', 'removememorydump'])(
    '%s of a VM that is not there is 404',
    async (action) => {
      expect((await ofVm('nobody', action)).message).toBe('virtualmachine.kubevirt.io "nobody" not found')
    },
  )

  it.each([
    ['evacuate/cancel', 409],
    ['addvolume', 400],
    ['removevolume', 400],
  ])('%s of an instance is %i', async (action, code) => {
    expect((await world.put('runs', action, {})).code).toBe(code)
  })
})

describe('expand-spec', () => {
  const expand = (body?: Json) => world.request('PUT', 'namespaces/default/expand-vm-spec', body)
  const vm = { apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachine', metadata: { name: 'a' }, spec: { runStrategy: 'Halted' } }

  it('is the virtual machine as it is stored', async () => {
    const { code, message } = await ofVm('off', 'expand-spec', 'GET')
    expect(code).toBe(200)
    expect(JSON.parse(message)).toMatchObject({
      kind: 'VirtualMachine',
      metadata: { name: 'off' },
      spec: { runStrategy: 'Halted' },
    })
    expect((await ofVm('nobody', 'expand-spec', 'GET')).code).toBe(404)
  })

  it('is the virtual machine that was sent', async () => {
    const { code, message } = await expand(vm)
    expect([code, JSON.parse(message)]).toEqual([200, { ...vm, metadata: { name: 'a', namespace: 'default' } }])
    expect((await expand({ ...vm, metadata: { name: 'a', namespace: 'default' } })).code).toBe(200)
  })

  it.each<[string, Json | undefined, string | RegExp]>([
    ['nothing', undefined, /^empty request body$/],
    ['something else', { kind: 'Pod' }, /^Object is not a valid VirtualMachine$/],
    [
      'one of another namespace',
      { ...vm, metadata: { name: 'a', namespace: 'shop' } },
      /^VM namespace must be empty or default$/,
    ],
    [
      'one with an instance type that is not there',
      { ...vm, spec: { instancetype: { name: 'small' } } },
      /^virtualmachineclusterinstancetypes.instancetype.kubevirt.io "small" not found$/,
    ],
  ])('of %s is refused', async (_, body, message) => {
    expect(await expand(body)).toMatchObject({ code: 400, message: expect.stringMatching(message) })
  })
})

describe('IT40 expand-spec writes out what the virtual machine names', () => {
  const sized = {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { name: 'sized' },
    spec: {
      runStrategy: 'Halted',
      instancetype: { name: 'two' },
      preference: { name: 'cores' },
      template: { spec: { domain: { devices: {} }, volumes: [{ name: 'root', emptyDisk: { capacity: '1Gi' } }] } },
    },
  }
  const expandedSpec = {
    runStrategy: 'Halted',
    template: {
      spec: {
        domain: {
          cpu: { sockets: 1, cores: 2, threads: 1 },
          memory: { guest: '128Mi' },
          devices: { disks: [{ name: 'root', disk: { bus: 'virtio' } }], interfaces: [{ name: 'default', masquerade: {} }] },
        },
      },
    },
  }

  beforeAll(async () => {
    const instancetype = { cpu: { guest: 2 }, memory: { guest: '128Mi' } }
    const preference = { cpu: { preferredCPUTopology: 'cores' }, devices: { preferredDiskBus: 'virtio' } }
    const apiVersion = 'instancetype.kubevirt.io/v1beta1'
    await world.client.resource(virtualMachineClusterInstancetypeDefinition).create({
      apiVersion,
      kind: 'VirtualMachineClusterInstancetype',
      metadata: { name: 'two' },
      spec: instancetype,
    })
    await world.client.resource(virtualMachineClusterPreferenceDefinition).create({
      apiVersion,
      kind: 'VirtualMachineClusterPreference',
      metadata: { name: 'cores' },
      spec: preference,
    })
    await world.client.resource(virtualMachineDefinition).create({ ...sized, metadata: { name: 'sized', namespace: 'default' } })
  })

  it('of one that is stored', async () => {
    const { code, message } = await ofVm('sized', 'expand-spec', 'GET')
    expect(code).toBe(200)
    const { spec } = JSON.parse(message)
    expect(spec).toMatchObject(expandedSpec)
    expect(spec).not.toHaveProperty('instancetype')
    expect(spec).not.toHaveProperty('preference')
  })

  it('of one that is sent', async () => {
    const { code, message } = await world.request('PUT', 'namespaces/default/expand-vm-spec', sized)
    expect(code).toBe(200)
    expect(JSON.parse(message)).toMatchObject({ metadata: { namespace: 'default' }, spec: expandedSpec })
  })

  it('IT41 and says what stands in the way', async () => {
    const own = { spec: { domain: { devices: {}, cpu: { cores: 4 }, memory: { guest: '1Gi' } } } }
    const conflicting = { ...sized, spec: { ...sized.spec, template: own } }
    expect(await world.request('PUT', 'namespaces/default/expand-vm-spec', conflicting)).toMatchObject({
      code: 400,
      message:
        'VM field(s) spec.template.spec.domain.cpu.cores, spec.template.spec.domain.memory.guest conflicts with selected instance type',
    })
    await world.client.resource(virtualMachineClusterInstancetypeDefinition).delete({ namespace: '', name: 'two' })
    expect(await ofVm('sized', 'expand-spec', 'GET')).toMatchObject({
      code: 500,
      message: 'Internal error occurred: virtualmachineclusterinstancetypes.instancetype.kubevirt.io "two" not found',
    })
  })
})

describe("Harvester's door", () => {
  const post = (name: string, action: string) =>
    world.server.handle(
      {
        method: 'POST',
        path: `/apis/subresources.harvesterhci.io/v1beta1/namespaces/default/virtualmachines/${name}/${action}`,
        headers: {},
      },
      controllerUser,
    )

  it('leads to the instance of the virtual machine', async () => {
    for (const [action, isPaused] of [
      ['pause', true],
      ['unpause', false],
    ] as const) {
      expect(await post('runs', action)).toMatchObject({ status: 204, body: '' })
      await world.until(async () => ((await world.condition('runs', 'Paused')) !== undefined) === isPaused)
    }
    expect((await post('runs', 'softreboot')).status).toBe(409)
    expect((await post('off', 'pause')).status).toBe(404)
  })

  it('refuses in the words of KubeVirt', async () => {
    for (const action of ['restart', 'forceStop']) expect((await post('off', action)).status).toBe(409)
    expect((await post('nobody', 'start')).status).toBe(404)
  })
})

describe('the platform', () => {
  it('tells its version as virtctl asks for it', async () => {
    const get = async (path: string) => {
      const { body } = await world.server.handle({ method: 'GET', path, headers: {} }, controllerUser)
      return JSON.parse(await bodyText(body))
    }
    const { preferredVersion } = await get('/apis/subresources.kubevirt.io')
    expect(preferredVersion).toEqual({ groupVersion: 'subresources.kubevirt.io/v1', version: 'v1' })
    expect(await get(`/apis/${preferredVersion.groupVersion}/version`)).toMatchObject({
      gitVersion: expect.stringMatching(/^v\d+\.\d+\.\d+$/),
      platform: expect.stringMatching(/^linux\//),
    })
    expect(await get('/apis/subresources.kubevirt.io/v1alpha3/healthz')).toEqual({ apiserver: { connectivity: 'ok' } })
  })

  it('says why there is no guestfs', async () => {
    expect(await world.request('GET', 'guestfs')).toMatchObject({ code: 404, message: expect.stringContaining('guestfish') })
  })
})

describe('docs/reference/subresources.md', () => {
  async function document(path: string) {
    const { body } = await world.server.handle({ method: 'GET', path, headers: {} }, controllerUser)
    return JSON.parse(await bodyText(body))
  }
  /** `PUT virtualmachines/{name}/start` */
  async function written(): Promise<string[]> {
    const text = await readFile(new URL('../../../docs/reference/subresources.md', import.meta.url), 'utf8')
    return [...text.matchAll(/^\| (GET|PUT|POST|websocket) \| `([^`]+)` \|/gm)].map(
      ([, method = '', path]) => `${method === 'websocket' ? 'get' : method.toLowerCase()} ${path}`,
    )
  }

  it('names every path that is served, and no other', async () => {
    const served: string[] = []
    for (const [group, version] of [
      ['subresources.kubevirt.io', 'v1'],
      ['subresources.harvesterhci.io', 'v1beta1'],
      ['subresources.sheaf.io', 'v1'],
    ]) {
      const { paths } = await document(`/openapi/v3/apis/${group}/${version}`)
      for (const [path, operations] of Object.entries<object>(paths)) {
        for (const method of ['get', 'put', 'post'].filter((each) => each in operations))
          served.push(
            `${method} ${path.replace(`/apis/${group}/${version}/`, '').replace(/^namespaces\/\{namespace\}\/(?=virtual|upgrades)/, '')}`,
          )
      }
    }
    expect(served.length).toBeGreaterThan(30)
    expect((await written()).toSorted()).toEqual(served.toSorted())
  })

  it('and discovery agree: a name for each path, without its parameters', async () => {
    const groupVersions = ['subresources.kubevirt.io/v1', 'subresources.harvesterhci.io/v1beta1', 'subresources.sheaf.io/v1']
    const lists = await Promise.all(
      groupVersions.map((each) => document(`/apis/${each}`) as Promise<{ resources: { name: string }[] }>),
    )
    const published = lists.flatMap(({ resources }) => resources.map(({ name }) => name))
    const names = (await written())
      .map((line) => line.split(' ')[1] ?? '')
      .filter((path) => /^(virtual|upgrades\/\{)/.test(path))
      .map((path) => path.replaceAll(/\/\{\w+\}/g, ''))
    expect([...new Set(names)].toSorted()).toEqual([...new Set(published)].toSorted())
  })
})
