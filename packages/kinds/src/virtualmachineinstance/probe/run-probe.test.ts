import { createServer, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Probe } from '@sheaf/api'
import { createManualClock, type ManualClock } from '@sheaf/machinery/controller'
import { AgentRefused, AgentSilent, type Hypervisor, type SimulatedAgent, SimulatedWorld } from '@sheaf/qemu'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sampleInstance, sampleMachine } from '../sample-instance.ts'
import { runProbe } from './run-probe.ts'
import type { Outcome } from './tally.ts'

const instance = sampleInstance()
const id = instance.metadata.uid ?? ''
const never = new AbortController().signal

let clock: ManualClock
let world: SimulatedWorld
let hypervisor: Hypervisor
let server: Server
let asked: { url: string | undefined; headers: NodeJS.Dict<string | string[]> }[]

beforeEach(async () => {
  clock = createManualClock()
  world = new SimulatedWorld({ clock })
  hypervisor = world.open()
  asked = []
  let isUp = false
  void hypervisor.launch({ ...sampleMachine(instance, { kind: 'prepared' }).plan, disks: [] }).then(() => (isUp = true))
  while (!isUp) {
    await nextTurn()
    clock.advance(100)
  }
  clock.advance(5_000)
  server = createServer((request, response) => {
    asked.push({ url: request.url, headers: request.headers })
    const { pathname } = new URL(request.url ?? '', 'http://guest')
    if (pathname === '/moved') response.writeHead(302, { location: '/status/500' })
    else if (pathname === '/away') response.writeHead(302, { location: 'http://elsewhere.example/status/500' })
    else if (pathname === '/round') response.writeHead(302, { location: '/round' })
    else response.writeHead(Number(pathname.split('/')[2] ?? 200))
    response.end('hello')
  })
  world.serveGuestPort(id, 80, (connection: Duplex) => void server.emit('connection', connection))
})
afterEach(() => hypervisor.release())

/** Time goes on only when there is nothing to do at this moment, and only if it is needed. */
async function run(probe: Probe, of = instance): Promise<Outcome> {
  let outcome: Outcome | undefined
  void runProbe(probe, of, { hypervisor, clock }, never).then((each) => (outcome = each))
  for (let turn = 0; outcome === undefined && turn < 2_000; turn++) {
    await nextTurn()
    if (turn > 100) clock.advance(100)
  }
  expect(clock.waiting).toBe(0)
  if (outcome === undefined) throw new Error('the probe has no end')
  return outcome
}

const success = { kind: 'success' }
const failure = (message: string | RegExp) => ({
  kind: 'failure',
  message: typeof message === 'string' ? message : expect.stringMatching(message),
})

describe('VI83 an HTTP question', () => {
  it.each([200, 204, 399])('is answered well by %i', async (status) => {
    expect(await run({ httpGet: { port: 80, path: `/status/${status}` } })).toEqual(success)
  })

  it.each([404, 500])('is answered badly by %i', async (status) => {
    expect(await run({ httpGet: { port: 80, path: `/status/${status}` } })).toEqual(
      failure(`HTTP probe failed with statuscode: ${status}`),
    )
  })

  it('goes to the guest whatever name it asks by, with the headers that were given', async () => {
    const httpHeaders = [
      { name: 'X-Twice', value: 'a' },
      { name: 'x-twice', value: 'b' },
      { name: 'user-agent', value: 'me' },
    ]
    await run({ httpGet: { port: 'http', path: 'ready?now=1', host: 'shop.example', httpHeaders } })
    expect(asked).toMatchObject([
      { url: '/ready?now=1', headers: { host: 'shop.example:80', 'x-twice': 'a, b', 'user-agent': 'me', accept: '*/*' } },
    ])
  })

  it('says by itself where it goes and whom it takes after', async () => {
    await run({ httpGet: { port: 80 } })
    expect(asked).toMatchObject([
      { url: '/', headers: { host: '10.0.2.15:80', 'user-agent': expect.stringMatching(/^kube-probe\//) } },
    ])
  })

  it('follows the guest within the guest, and no further', async () => {
    expect(await run({ httpGet: { port: 80, path: '/moved' } })).toEqual(failure('HTTP probe failed with statuscode: 500'))
    expect(await run({ httpGet: { port: 80, path: '/away' } })).toEqual(success)
    expect(await run({ httpGet: { port: 80, path: '/round' } })).toEqual(failure(/stopped after 10 redirects/))
  })

  it('that nobody hears, or nobody answers, has failed', async () => {
    expect(await run({ httpGet: { port: 81 } })).toEqual(
      failure('Get "http://10.0.2.15:81/": connection refused, or closed without an answer'),
    )
    world.serveGuestPort(id, 82, () => {})
    expect(await run({ httpGet: { port: 82, path: '/slow' }, timeoutSeconds: 2 })).toEqual(
      failure('Get "/slow": no answer within 2s'),
    )
  })

  it('to a port of a name that no interface declares cannot be asked', async () => {
    expect(await run({ httpGet: { port: 'web' } })).toMatchObject({ kind: 'unknown' })
  })
})

describe('VI84 a connection', () => {
  it('is taken or not', async () => {
    expect(await run({ tcpSocket: { port: 80 } })).toEqual(success)
    expect(await run({ tcpSocket: { port: '81' } })).toEqual(failure('dial tcp 10.0.2.15:81: connect: connection refused'))
    await hypervisor.pause(id)
    expect(await run({ tcpSocket: { port: 80 } })).toEqual(failure('dial tcp 10.0.2.15:80: i/o timeout'))
  })
})

describe('VI84 a command in the guest', () => {
  const program = (...answers: object[]): SimulatedAgent => ({
    'guest-exec': { pid: 7 },
    'guest-exec-status': () => (answers.length > 1 ? answers.shift() : answers[0]),
  })
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  const exec = { exec: { command: ['test', '-e', '/ready'] }, timeoutSeconds: 3 }

  it.each([
    ['succeeds with exit code 0', [{ exited: false }, { exited: true, exitcode: 0 }], success],
    ['fails with what it wrote', [{ exited: true, exitcode: 1, 'out-data': base64('not yet\n') }], failure('not yet')],
    ['fails with its exit code', [{ exited: true, exitcode: 3 }], failure('exited with error code:3')],
    ['fails with the signal that ended it', [{ exited: true, signal: 9 }], failure('exited with signal:9')],
    ['fails when it takes too long', [{ exited: false }], failure('command "test -e /ready" timed out after 3s')],
  ])('%s', async (_what, answers, outcome) => {
    world.connectAgent(id, program(...answers))
    expect(await run(exec)).toEqual(outcome)
  })

  it('fails when there is no agent, or it is not allowed', async () => {
    expect(await run(exec)).toEqual(failure('the guest agent is not connected when asked for guest-exec'))
    world.connectAgent(id, {})
    expect(await run(exec)).toEqual(failure(/^the guest agent refused guest-exec/))
  })
})

describe('VI84 a ping of the agent', () => {
  const ping = { guestAgentPing: {} }

  it('succeeds when it is answered', async () => {
    world.connectAgent(id, { 'guest-ping': {} })
    expect(await run(ping)).toEqual(success)
  })

  it('fails when it is not, unless pings are put off', async () => {
    world.connectAgent(id, {
      'guest-ping': () => {
        throw new AgentSilent('guest-ping', 'did not answer within 1000 ms')
      },
    })
    expect(await run(ping)).toEqual(failure(/did not answer/))
    world.connectAgent(id, {
      'guest-ping': () => {
        throw new AgentRefused('guest-ping', 'no')
      },
    })
    expect(await run(ping)).toEqual(failure(/refused/))
    const putOff = sampleInstance({ metadata: { annotations: { 'kubevirt.io/pause-guest-agent-probes': 'true' } } })
    expect(await run(ping, putOff)).toEqual(success)
  })
})

it('VI84 a machine that has ended says nothing about its guest', async () => {
  await hypervisor.kill(id)
  for (const probe of [{ tcpSocket: { port: 80 } }, { httpGet: { port: 80 } }, { guestAgentPing: {} }])
    expect(await run(probe)).toMatchObject({ kind: 'unknown' })
})
