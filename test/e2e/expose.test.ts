// docs/spec/service.md with real guests and real kubectl: two guests behind one port of this machine.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { type Service, serviceDefinition } from '@sheaf/api'
import { findCondition } from '@sheaf/api/meta'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../kit/eventually.ts'
import { freePort } from '../kit/free-port.ts'
import { openConsole } from '../kit/guest-console.ts'
import { findKubectls, type KubectlSession, kubectlSession } from '../kit/kubectl.ts'
import { root } from '../kit/repository-root.ts'
import { type ServerProcess, startServerProcess } from '../kit/server-process.ts'
import { guestMachine, instances, key, untilGuestAnswers, virtualMachines } from '../kit/virtual-machines.ts'

const names = ['one', 'two']
/** Its program decides whether the guest is ready. */
const echoPort = 8080
const bulkBytes = 512 * 1024
const rounds = 20

const kubectl = (await findKubectls()).at(-1)
const web = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: {
    type: 'NodePort',
    selector: { app: 'web' },
    ports: [
      { name: 'http', port: 80 },
      { name: 'echo', port: 9000, targetPort: echoPort },
    ],
  },
}

let server: ServerProcess
let k: KubectlSession
let bootIds: Record<string, string>
let httpPort: number
let echoNodePort: number

beforeAll(async () => {
  server = await startServerProcess()
  if (kubectl === undefined) throw new Error('there is no kubectl')
  k = kubectlSession(kubectl, server, 'default')
  for (const name of names) {
    const vm = guestMachine(name, 'Always')
    vm.spec.template.metadata = { labels: { app: 'web' } }
    const readinessProbe = { tcpSocket: { port: echoPort }, periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 1 }
    Object.assign(vm.spec.template.spec, { readinessProbe })
    await virtualMachines(server).create(vm)
  }
  const guests = await Promise.all(names.map((name) => untilGuestAnswers(server, name)))
  bootIds = Object.fromEntries(guests.map(({ instance, bootId }) => [instance.metadata.name, bootId]))
}, 120_000)

afterAll(async () => {
  k?.dispose()
  await server?.dispose()
})

/** Which guest answers at the port; the code of the error, where none does. */
async function answers(port: number): Promise<string> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/boot-id`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(10_000),
    })
    const bootId = (await response.text()).trim()
    return names.find((name) => bootIds[name] === bootId) ?? `nobody of ours: ${bootId}`
  } catch (error) {
    return ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code ?? String(error)
  }
}

async function answerersOf(port: number, count = rounds): Promise<string[]> {
  const heard = new Set<string>()
  for (let round = 0; round < count; round++) heard.add(await answers(port))
  return [...heard].toSorted()
}

const service = (name: string) => server.client.resource<Service>(serviceDefinition).get(key(name))
async function inGuest(name: string, command: string): Promise<void> {
  const console = await openConsole(server, name)
  await console.run(command)
  console.close()
}
const startEcho = (name: string) =>
  inGuest(name, `nc -ll -p ${echoPort} -e cat < /dev/null > /dev/null 2>&1 & echo $! > /run/echo`)
const endEcho = (name: string) => inGuest(name, 'kill $(cat /run/echo)')
const untilReadyAre = (ready: readonly string[]) =>
  eventually(`ready are ${ready.join(', ')}`, async () => {
    const slices = await k.ok('get', 'endpointslices', '-l', 'kubernetes.io/service-name=web', '-o', 'json')
    const { items } = JSON.parse(slices) as {
      items: { endpoints: { conditions: { ready: boolean }; targetRef: { name: string } }[] }[]
    }
    const now = items.flatMap(({ endpoints }) => endpoints.filter(({ conditions }) => conditions.ready))
    return (
      now
        .map(({ targetRef }) => targetRef.name)
        .toSorted()
        .join() === ready.join()
    )
  })

async function connected(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

test('SV20 SV23 kubectl apply opens a port, which turns clients away until a guest is ready', async () => {
  expect(await k.send('apply', web)).toContain('service/web created')
  await eventually(
    'it listens',
    async () => findCondition((await service('web')).status?.conditions, 'sheaf.io/Listening')?.status === 'True',
  )
  const [http, echo] = (await service('web')).spec?.ports ?? []
  httpPort = http?.nodePort ?? 0
  echoNodePort = echo?.nodePort ?? 0
  expect(await k.ok('get', 'svc', 'web')).toMatch(
    new RegExp(
      `^NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\\(S\\) +AGE\nweb +NodePort +None +<none> +80:${httpPort}/TCP,9000:${echoNodePort}/TCP `,
    ),
  )
  await untilReadyAre([])
  expect(await k.ok('get', 'endpointslices', '-l', 'kubernetes.io/service-name=web')).toContain('10.0.2.15')
  expect(['ECONNRESET', 'UND_ERR_SOCKET']).toContain(await answers(httpPort))
})

test('SV21 both guests answer once they are ready, and one that is not is never reached', async () => {
  for (const name of names) await startEcho(name)
  await untilReadyAre(names)
  expect(await answerersOf(httpPort)).toEqual(names)
  await endEcho('one')
  await untilReadyAre(['two'])
  expect(await answerersOf(httpPort)).toEqual(['two'])
  expect(await k.ok('describe', 'svc', 'web')).toMatch(/Endpoints: +10\.0\.2\.15:80/)
  await startEcho('one')
  await untilReadyAre(names)
  expect(await answerersOf(httpPort)).toEqual(names)
})

test('SV24 what a client sends comes back whole after it has said that this was all', async () => {
  const socket = await connected(echoNodePort)
  const sent = Buffer.alloc(bulkBytes, 'sheaf ')
  socket.end(sent)
  const received: Buffer[] = []
  for await (const chunk of socket) received.push(chunk as Buffer)
  expect(Buffer.concat(received).equals(sent)).toBe(true)
})

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'SV30 after %s the next server opens the same port, and both guests answer',
  async (signal) => {
    await server.kill(signal)
    expect(await answers(httpPort)).toBe('ECONNREFUSED')
    await server.start()
    await eventually('it is answered', async () => names.includes(await answers(httpPort)))
    await untilReadyAre(names)
    expect(await answerersOf(httpPort)).toEqual(names)
  },
)

test('SV25 a port that another process has is told in an event, and opened once that has let it go', async () => {
  const other = createServer()
  const port = await eventually('a port of the range is free', async () => {
    const wanted = 30_000 + ((await freePort()) % 86)
    other.listen(wanted, '127.0.0.1')
    await once(other, 'listening')
    return wanted
  })
  await k.send('apply', { ...web, metadata: { name: 'late' }, spec: { ...web.spec, ports: [{ port: 80, nodePort: port }] } })
  await eventually('it is told', async () => (await k.ok('describe', 'svc', 'late')).includes('ListenFailed'))
  expect(await k.ok('get', 'svc', 'late', '-o', 'jsonpath={.status.conditions[0].message}')).toBe(
    `port ${port} of 127.0.0.1 cannot be listened at: it is in use. Choose another port, or end what listens there; it is tried again`,
  )
  other.close()
  await eventually('it is answered', async () => names.includes(await answers(port)))
  await k.ok('wait', '--for=condition=sheaf.io/Listening', 'svc/late', '--timeout=10s')
})

test('SV10 SV20 a load balancer for one guest, as virtctl expose makes it, is reached at its own port', async () => {
  const port = await freePort()
  const spec = { type: 'LoadBalancer', selector: { 'vmi.kubevirt.io/id': 'two' }, ports: [{ port, targetPort: 80 }] }
  await k.send('create', { ...web, metadata: { name: 'balanced' }, spec })
  await k.ok('wait', '--for=jsonpath={.status.loadBalancer.ingress[0].ip}=127.0.0.1', 'svc/balanced', '--timeout=10s')
  expect(await k.ok('get', 'svc', 'balanced')).toMatch(/balanced +LoadBalancer +None +127\.0\.0\.1 +/)
  expect(await answerersOf(port, 4)).toEqual(['two'])
})

test('sheaf expose makes a service for one machine and says where it is reached', async () => {
  const { code, stdout } = await server.sheaf('expose', 'one', '--port', '80', '--name', 'only-one')
  const [, port] = /^Service only-one leads to the machine: 127\.0\.0\.1 is listened at on port (\d+)\.\n$/.exec(stdout) ?? []
  expect([code, await answerersOf(Number(port), 4)]).toEqual([0, ['one']])
  expect(await server.sheaf('expose', 'nobody', '--port', '80')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('not found'),
  })
  expect(await server.sheaf('expose', 'one', '--port', '0')).toMatchObject({ code: 2 })
  await k.ok('delete', 'svc', 'only-one')
})

test('SV6 kubectl makes, patches, selects and explains services, in its own ways', async () => {
  await k.ok('create', 'service', 'nodeport', 'made', '--tcp=80:80')
  await k.ok('expose', 'service', 'made', '--name', 'again', '--port', '81', '--target-port', '80')
  const before = await k.ok('get', 'svc', 'made', '-o', 'jsonpath={.spec.ports[0].nodePort}')
  await k.ok('patch', 'svc', 'made', '-p', JSON.stringify({ spec: { ports: [{ port: 80, targetPort: 81 }] } }))
  expect(await k.ok('get', 'svc', 'made', '-o', 'jsonpath={.spec.ports}')).toBe(
    JSON.stringify([{ name: '80-80', nodePort: Number(before), port: 80, protocol: 'TCP', targetPort: 81 }]),
  )
  expect((await k.ok('get', 'svc', '--field-selector', 'spec.type=ClusterIP', '-o', 'name')).trim()).toBe('service/again')
  expect(await k.ok('explain', 'svc.spec.ports.targetPort')).toContain('targetPort')
  expect(await k.refusal(['create', 'service', 'nodeport', 'taken', '--tcp=80:80', `--node-port=${before}`])).toContain(
    'provided port is already allocated',
  )
  await k.ok('delete', 'svc', 'made', 'again')
})

test('SV21 a guest that is paused is not led to', async () => {
  expect(await server.sheaf('pause', 'two')).toMatchObject({ code: 0 })
  await untilReadyAre(['one'])
  expect(await answerersOf(httpPort, 6)).toEqual(['one'])
  expect(await server.sheaf('unpause', 'two')).toMatchObject({ code: 0 })
  await untilReadyAre(names)
})

test('SV21 a connection that is open stays with its guest when that is not ready any more', async () => {
  const socket = await connected(echoNodePort)
  const heard = async (text: string): Promise<string> => {
    const answer = once(socket, 'data')
    socket.write(text)
    return String((await answer)[0])
  }
  expect(await heard('first')).toBe('first')
  for (const name of names) await endEcho(name)
  await untilReadyAre([])
  expect(await heard('second')).toBe('second')
  socket.destroy()
})

test('SV13 kubectl delete closes the port and takes all that told of it along', async () => {
  await k.ok('delete', 'svc', 'web')
  await k.ok('delete', 'svc', 'late', 'balanced', '--cascade=foreground')
  await eventually('it is closed', async () => (await answers(httpPort)) === 'ECONNREFUSED')
  await eventually('nothing tells of it', async () => {
    const left = await k.ok('get', 'endpoints,endpointslices', '-o', 'name')
    return left.trim() === ''
  })
  expect((await instances(server).list({ namespace: 'default' })).items).toHaveLength(2)
})

test('the manifest of the examples is what it says', async () => {
  await k.ok('delete', 'vm', ...names)
  await k.send('apply', readFileSync(join(root, 'examples', 'expose.yaml'), 'utf8'))
  const heard = new Set<string>()
  await eventually(
    'two guests answer',
    async () => {
      const response = await fetch('http://127.0.0.1:30080/boot-id', {
        headers: { connection: 'close' },
        signal: AbortSignal.timeout(3_000),
      })
      heard.add(await response.text())
      return heard.size === 2
    },
    90_000,
  )
})
