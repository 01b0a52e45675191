// docs/spec/service.md, over the real API server: node ports, endpoints, and who is led where.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { key, namespace, type ServiceWorld, startServiceWorld } from './service-world.fixture.ts'

let world: ServiceWorld
beforeEach(async () => {
  world = await startServiceWorld()
})
afterEach(() => world.stop())

const selector = { app: 'web' }
const ports = [{ name: 'http', port: 80 }]
const nodePort = { type: 'NodePort', selector, ports }

describe('node ports', () => {
  test('SV4 each service is given ports of its own, and a name that no service can have is refused', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, (_, index) => world.create(`web-${index}`, nodePort)))
    const given = made.map(({ spec }) => spec?.ports?.[0]?.nodePort ?? 0)
    expect(new Set(given).size).toBe(20)
    expect(given.every((port) => port >= 30_086 && port <= 32_767)).toBe(true)
    await expect(world.create('1web', nodePort)).rejects.toMatchObject({
      code: 422,
      message: expect.stringContaining('a DNS-1035 label'),
    })
  })

  test('SV4 a port that somebody chooses is theirs, unless somebody has it or nobody may', async () => {
    const chosen = (port: number) => ({ ...nodePort, ports: [{ port: 80, nodePort: port }] })
    await world.create('first', chosen(30_080))
    await expect(world.create('second', chosen(30_080))).rejects.toMatchObject({
      code: 422,
      message: 'Service "second" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
    })
    await expect(world.create('second', chosen(8080))).rejects.toMatchObject({
      message:
        'Service "second" is invalid: spec.ports[0].nodePort: Invalid value: 8080: provided port is not in the valid range. The range of valid ports is 30000-32767',
    })
    await world.services.delete(key('first'))
    await world.create('second', chosen(30_080))
  })

  test('SV4 of two that are created at once with the same port, one gets it', async () => {
    const chosen = { ...nodePort, ports: [{ port: 80, nodePort: 30_080 }] }
    const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((name) => world.create(name, chosen)))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  test('SV4 a dry run takes no port', async () => {
    const object = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'dry', namespace },
      spec: { ...nodePort, ports: [{ port: 80, nodePort: 30_080 }] },
    }
    await world.client.request('POST', `/api/v1/namespaces/${namespace}/services?dryRun=All`, object)
    await world.create('real', { ...nodePort, ports: [{ port: 80, nodePort: 30_080 }] })
  })

  test('SV5 an update keeps the ports that it does not name', async () => {
    const before = await world.create('web', nodePort)
    const given = before.spec?.ports?.[0]?.nodePort
    const { status: _status, ...unsent } = before
    const after = await world.services.update({ ...unsent, spec: { ...nodePort, ports: [...ports, { name: 'ssh', port: 22 }] } })
    expect(after.spec?.ports?.[0]?.nodePort).toBe(given)
    expect(after.spec?.ports?.[1]?.nodePort).toBeGreaterThan(30_000)
  })

  test('SV5 a service of another type has nothing left of the one that it was', async () => {
    await world.create('web', { ...nodePort, type: 'LoadBalancer', externalTrafficPolicy: 'Local' })
    const plain = await world.services.patch(key('web'), { spec: { type: 'ClusterIP' } })
    expect(plain.spec).toEqual({
      type: 'ClusterIP',
      selector,
      ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 80 }],
      clusterIP: 'None',
      clusterIPs: ['None'],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      internalTrafficPolicy: 'Cluster',
      sessionAffinity: 'None',
    })
    const alias = await world.services.patch(key('web'), { spec: { type: 'ExternalName', externalName: 'a.example' } })
    expect(alias.spec).toMatchObject({ type: 'ExternalName' })
    expect(alias.spec).not.toHaveProperty('clusterIP')
    await world.services.patch(key('web'), { spec: { type: 'NodePort' } })
    expect(await world.nodePortOf('web')).toBeGreaterThan(30_000)
  })

  test('SV6 a PUT makes a service that is not there', async () => {
    const object = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace }, spec: nodePort }
    expect((await world.services.update(object)).spec?.ports?.[0]?.nodePort).toBeGreaterThan(30_000)
  })

  test('SV6 a strategic merge patch changes the port that it names', async () => {
    await world.create('web', { ...nodePort, ports: [...ports, { name: 'ssh', port: 22 }] })
    const given = [await world.nodePortOf('web', 0), await world.nodePortOf('web', 1)]
    const patch = { spec: { ports: [{ port: 22, targetPort: 2222 }] } }
    const patched = await world.services.patch(key('web'), patch, { type: 'strategic' })
    expect(patched.spec?.ports).toEqual([
      { name: 'http', port: 80, protocol: 'TCP', targetPort: 80, nodePort: given[0] },
      { name: 'ssh', port: 22, protocol: 'TCP', targetPort: 2222, nodePort: given[1] },
    ])
  })
})

describe('endpoints', () => {
  const sliceOf = async (name = 'web') => {
    const { items } = await world.slices.list({ namespace, labelSelector: `kubernetes.io/service-name=${name}` })
    return items
  }
  const toldOf = async (name = 'web') =>
    (await sliceOf(name)).flatMap(({ endpoints }) =>
      endpoints.map(({ targetRef, conditions }) => [
        targetRef?.name,
        conditions?.ready,
        conditions?.serving,
        conditions?.terminating,
      ]),
    )

  test.each([
    ['its own', (id: string) => (id === '' ? {} : { app: 'web' })],
    ["KubeVirt's for its machine", () => ({ 'vm.kubevirt.io/name': 'one' })],
    ['the one that virtctl expose takes', () => ({ 'vmi.kubevirt.io/id': 'one' })],
    ['that of all guests and who made it', (id: string) => ({ 'kubevirt.io': 'virt-launcher', 'kubevirt.io/created-by': id })],
  ])('SV10 a guest is found by the labels of its pod in KubeVirt: %s', async (_what, labelsOf) => {
    const id = await world.guest('one')
    await world.guest('other', { labels: { app: 'other' } })
    await world.create('web', { selector: labelsOf(id), ports })
    await world.settle()
    expect(await toldOf()).toEqual([['one', true, true, false]])
  })

  test('SV10 the label for its id is cut and hashed where the name is longer than a label', async () => {
    const name = `vmi-${'x'.repeat(70)}`
    await world.guest(name)
    await world.create('web', { selector: { 'vmi.kubevirt.io/id': `vmi-${'x'.repeat(50)}-7cca94b1` }, ports })
    await world.settle()
    expect((await toldOf()).map(([told]) => told)).toEqual([name])
  })

  test('SV11 an endpoint is ready while its guest is, and follows it', async () => {
    await world.guest('one', { isReady: false })
    await world.guest('two')
    await world.create('web', { selector, ports })
    await world.settle()
    expect(await toldOf()).toEqual([
      ['one', false, false, false],
      ['two', true, true, false],
    ])
    expect((await world.endpoints.get(key('web'))).subsets).toMatchObject([
      {
        addresses: [{ ip: '10.0.2.15', nodeName: 'here', targetRef: { kind: 'VirtualMachineInstance', name: 'two' } }],
        notReadyAddresses: [{ targetRef: { name: 'one' } }],
        ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
      },
    ])
    await world.setReady('one', true)
    await world.guests.patch(key('two'), { metadata: { labels: { app: 'elsewhere' } } })
    await world.settle()
    expect(await toldOf()).toEqual([['one', true, true, false]])
    await world.guests.patch(key('one'), { metadata: { finalizers: ['example.org/waits'] } })
    await world.guests.delete(key('one'))
    await world.settle()
    expect(await toldOf()).toEqual([['one', false, true, true]])
    await world.guests.patch(key('one'), { status: { phase: 'Succeeded' } })
    await world.settle()
    expect(await toldOf()).toEqual([])
    expect((await world.endpoints.get(key('web'))).subsets).toBeUndefined()
  })

  test('SV11 who wants all guests told of, ready or not, gets them', async () => {
    await world.guest('one', { isReady: false })
    await world.create('web', { selector, ports, publishNotReadyAddresses: true })
    await world.settle()
    expect(await toldOf()).toEqual([['one', true, false, false]])
  })

  test('SV12 a port by name is what each guest calls so', async () => {
    await world.guest('one', { ports: [{ name: 'web', port: 8080 }] })
    await world.guest('two', { ports: [{ name: 'web', port: 9090 }] })
    await world.guest('udp', { ports: [{ name: 'web', port: 53, protocol: 'UDP' }] })
    await world.create('web', { ...nodePort, ports: [{ name: 'http', port: 80, targetPort: 'web' }] })
    await world.settle()
    const slices = await sliceOf()
    const told = slices.map(({ endpoints, ports: at }) => [
      endpoints.map(({ targetRef }) => targetRef?.name),
      at?.map(({ port }) => port),
    ])
    expect(told.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))).toEqual([
      [['one'], [8080]],
      [['two'], [9090]],
      [['udp'], undefined],
    ])
    const port = await world.nodePortOf('web')
    const came = [await world.connect(port), await world.connect(port), await world.connect(port)]
    expect(new Set(came.map((each) => each.split(':')[1]))).toEqual(new Set(['8080', '9090']))
  })

  test('SV13 what tells of a service is its own, is labelled, and is mended when somebody lays hands on it', async () => {
    await world.guest('one')
    const service = await world.create('web', { selector, ports }, { labels: { team: 'a' } })
    await world.settle()
    const [slice] = await sliceOf()
    expect(slice).toMatchObject({
      addressType: 'IPv4',
      metadata: {
        labels: {
          team: 'a',
          'kubernetes.io/service-name': 'web',
          'endpointslice.kubernetes.io/managed-by': 'service-controller.sheaf.io',
          'service.kubernetes.io/headless': '',
        },
        ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name: 'web', uid: service.metadata.uid, controller: true }],
      },
    })
    const writes = world.writes.length
    await world.restart()
    await world.settle()
    expect(world.writes.slice(writes)).toEqual([])
    await world.slices.delete(key(slice?.metadata.name ?? ''))
    await world.endpoints.patch(key('web'), { subsets: null })
    await world.settle()
    expect(await toldOf()).toEqual([['one', true, true, false]])
    expect((await world.endpoints.get(key('web'))).subsets).toHaveLength(1)
  })

  test('SV13 what tells of a service that is on its way out is not made again', async () => {
    await world.guest('one')
    await world.create('web', nodePort)
    await world.settle()
    await world.services.delete(key('web'), { propagationPolicy: 'Foreground' })
    await world.settle()
    expect(world.open.size).toBe(0)
    for (const slice of await sliceOf()) await world.slices.delete(key(slice.metadata.name ?? ''))
    await world.endpoints.delete(key('web'))
    await world.settle()
    expect([await sliceOf(), await world.endpoints.find(key('web'))]).toEqual([[], undefined])
  })

  test('SV14 endpoints of a service without a selector are left to whoever made them', async () => {
    const subsets = [{ addresses: [{ ip: '192.0.2.9' }], ports: [{ port: 80, protocol: 'TCP' }] }]
    await world.create('web', { ports, type: 'NodePort' })
    await world.endpoints.create({ apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'web', namespace }, subsets })
    await world.settle()
    expect((await world.endpoints.get(key('web'))).subsets).toEqual(subsets)
    expect(await sliceOf()).toEqual([])
    expect(world.open.size).toBe(0)
    expect(await world.listeningOf('web')).toMatchObject({ status: 'False', reason: 'NoSelector' })
  })

  test('SV14 what becomes a name for something elsewhere tells of no guest any more', async () => {
    await world.guest('one')
    await world.create('web', nodePort)
    await world.settle()
    await world.services.patch(key('web'), { spec: { type: 'ExternalName', externalName: 'a.example' } })
    await world.settle()
    expect(await sliceOf()).toEqual([])
    expect(await world.endpoints.find(key('web'))).toBeUndefined()
    expect(world.open.size).toBe(0)
  })
})

describe('doors', () => {
  test('SV20 a node port is open, a load balancer is at its own ports too, and what only tells of guests is at none', async () => {
    await world.guest('one')
    await world.create('plain', { selector, ports })
    await world.create('node', nodePort)
    await world.create('balanced', { ...nodePort, type: 'LoadBalancer', ports: [{ name: 'alt', port: 8080, targetPort: 80 }] })
    await world.settle()
    const [node, balanced] = [await world.nodePortOf('node'), await world.nodePortOf('balanced')]
    expect(new Set(world.open.keys())).toEqual(new Set([node, balanced, 8080]))
    expect(await world.listeningOf('plain')).toBeUndefined()
    expect(await world.listeningOf('node')).toMatchObject({
      status: 'True',
      reason: 'Listening',
      message: `0.0.0.0 is listened at on port ${node}`,
    })
    expect((await world.services.get(key('balanced'))).status?.loadBalancer).toEqual({
      ingress: [{ ip: '192.0.2.7', ipMode: 'Proxy', ports: [{ port: 8080, protocol: 'TCP' }] }],
    })
    await world.services.patch(key('node'), { spec: { type: 'ClusterIP' } })
    await world.services.delete(key('balanced'))
    await world.settle()
    expect(world.open.size).toBe(0)
    expect((await world.services.get(key('node'))).status).toEqual({ loadBalancer: {} })
  })

  test('SV21 guests take turns, and one that is not ready is not led to', async () => {
    const [one, two] = [await world.guest('one'), await world.guest('two')]
    await world.create('web', nodePort)
    await world.settle()
    const port = await world.nodePortOf('web')
    const round = async (): Promise<string[]> => [await world.connect(port), await world.connect(port), await world.connect(port)]
    expect(await round()).toEqual([`${one}:80`, `${two}:80`, `${one}:80`])
    await world.setReady('one', false)
    await world.settle()
    expect(await round()).toEqual([`${two}:80`, `${two}:80`, `${two}:80`])
    await world.setReady('one', true)
    await world.settle()
    expect(new Set(await round())).toEqual(new Set([`${one}:80`, `${two}:80`]))
  })

  test('SV22 a client comes back to its guest until its time is over, also after a restart', async () => {
    for (const name of ['one', 'two', 'three']) await world.guest(name)
    const clientIP = { timeoutSeconds: 60 }
    await world.create('web', { ...nodePort, sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP } })
    await world.settle()
    const port = await world.nodePortOf('web')
    const clients = Array.from({ length: 20 }, (_, index) => `192.0.2.${index}`)
    const cameTo = () => Promise.all(clients.map((client) => world.connect(port, client)))
    const first = await cameTo()
    expect(new Set(first).size).toBe(3)
    expect(await cameTo()).toEqual(first)
    await world.restart()
    await world.settle()
    expect(await cameTo()).toEqual(first)
    const fourth = await world.guest('four')
    await world.settle()
    expect(await cameTo()).toEqual(first)
    world.clock.advance(61_000)
    expect(await cameTo()).toContain(`${fourth}:80`)
    await world.setReady('one', false)
    await world.settle()
    const moved = await cameTo()
    expect(moved.every((each) => each.endsWith(':80'))).toBe(true)
  })

  test('SV23 without a guest that is ready a client is turned away; one that cannot be connected to is passed over', async () => {
    const one = await world.guest('one')
    const two = await world.guest('two')
    await world.create('web', nodePort)
    await world.settle()
    const port = await world.nodePortOf('web')
    world.unreachable.add(one)
    expect([await world.connect(port), await world.connect(port)]).toEqual([`${two}:80`, `${two}:80`])
    world.unreachable.add(two)
    expect(await world.connect(port)).toBe('service default/web has no guest that is ready')
    await world.setReady('one', false)
    await world.setReady('two', false)
    await world.settle()
    expect(await world.connect(port)).toBe('service default/web has no guest that is ready')
    expect(await world.listeningOf('web')).toMatchObject({ status: 'True' })
  })

  test('SV25 a port that cannot be opened is told, and opened as soon as it can be', async () => {
    world.foreign.add(30_080)
    world.foreign.add(8080)
    await world.guest('one')
    const at = [
      { name: 'a', port: 8080, nodePort: 30_080 },
      { name: 'b', port: 8081 },
    ]
    await world.create('web', { type: 'LoadBalancer', selector, ports: at })
    await world.until(async () => (await world.listeningOf('web'))?.status === 'False')
    expect(await world.listeningOf('web')).toMatchObject({
      reason: 'PortInUse',
      message: 'port 8080 cannot be listened at; port 30080 cannot be listened at',
    })
    expect((await world.services.get(key('web'))).status?.loadBalancer?.ingress?.[0]?.ports).toEqual([
      { port: 8080, protocol: 'TCP', error: 'sheaf.io/PortInUse' },
      { port: 8081, protocol: 'TCP' },
    ])
    expect(world.recorded).toContainEqual(
      'Warning ListenFailed web: port 8080 cannot be listened at; port 30080 cannot be listened at',
    )
    world.foreign.clear()
    await world.until(async () => (await world.listeningOf('web'))?.status === 'True')
    expect(world.open.has(30_080)).toBe(true)
    expect(world.recorded.filter((each) => each.includes('ListenFailed'))).toHaveLength(1)
  })

  test('SV25 of two services that want one port, the second waits until the first is gone', async () => {
    await world.guest('one')
    const balancer = { type: 'LoadBalancer', selector, ports: [{ port: 8080, targetPort: 80 }] }
    await world.create('first', balancer)
    await world.settle()
    await world.create('second', balancer)
    await world.until(async () => (await world.listeningOf('second'))?.status === 'False')
    expect((await world.listeningOf('second'))?.message).toContain('port 8080 is listened at for service default/first already')
    expect((await world.services.get(key('second'))).status?.loadBalancer).toEqual({})
    await world.services.delete(key('first'))
    await world.until(async () => (await world.listeningOf('second'))?.status === 'True')
  })

  test('SV26 a load balancer lets in only the networks that it names, and one of another class is left alone', async () => {
    await world.guest('one')
    const at = [{ port: 8080, targetPort: 80 }]
    await world.create('web', {
      type: 'LoadBalancer',
      selector,
      ports: at,
      loadBalancerSourceRanges: ['192.0.2.0/24', 'fd00::/8'],
    })
    await world.create('foreign', {
      type: 'LoadBalancer',
      selector,
      ports: [{ port: 8081 }],
      loadBalancerClass: 'example.org/lb',
    })
    await world.settle()
    for (const client of ['192.0.2.9', 'fd00::1']) expect(await world.connect(8080, client)).toMatch(/:80$/)
    for (const client of ['192.0.3.9', 'fe80::1'])
      expect(await world.connect(8080, client)).toContain('is in none of the networks')
    expect(await world.connect(await world.nodePortOf('web'), '192.0.3.9')).toMatch(/:80$/)
    expect(world.open.has(8081)).toBe(false)
    expect((await world.services.get(key('foreign'))).status?.loadBalancer).toEqual({})
  })

  test('SV27 whoever balances over machines is told by HTTP whether there are guests here', async () => {
    await world.guest('one')
    const made = await world.create('web', {
      type: 'LoadBalancer',
      selector,
      ports: [{ port: 8080 }],
      externalTrafficPolicy: 'Local',
    })
    await world.settle()
    const port = made.spec?.healthCheckNodePort ?? 0
    expect(port).toBeGreaterThan(30_000)
    expect(world.open.get(port)?.countGuests?.()).toBe(1)
    await world.setReady('one', false)
    await world.settle()
    expect(world.open.get(port)?.countGuests?.()).toBe(0)
  })
})
