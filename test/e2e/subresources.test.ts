// What is done to running guests through subresources, on real ones.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openWebsocket } from '../../packages/cli/src/open-websocket.ts'
import { eventually } from '../kit/eventually.ts'
import { machineProcesses } from '../kit/machine-processes.ts'
import { readKubeconfig, type ServerProcess, startServerProcess } from '../kit/server-process.ts'
import {
  askGuest,
  guestMachine,
  instances,
  key,
  type RunningGuest,
  uidOf,
  untilGuestAnswers,
  virtualMachines,
} from '../kit/virtual-machines.ts'

const openDeadlineMs = 60_000
/** Long enough that a guest which ran on would be seen to have counted. */
const pauseMs = 4_000

let server: ServerProcess
let guest: RunningGuest
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sheaf-subresources-'))
  server = await startServerProcess()
  await virtualMachines(server).create(guestMachine('guest', 'Always'))
  await virtualMachines(server).create(withoutForwards('secluded'))
  guest = await untilGuestAnswers(server, 'guest')
})
afterAll(async () => {
  await server?.dispose()
  rmSync(folder, { recursive: true, force: true })
})

function withoutForwards(name: string) {
  const vm = guestMachine(name, 'Always')
  vm.spec.template.spec.domain.devices.interfaces = [{ name: 'default', masquerade: {} }]
  return vm
}

interface Session {
  socket: Awaited<ReturnType<typeof openWebsocket>>
  heard: () => string
  /** The code with which it ended. */
  closed: Promise<number>
}

/** `virtualmachineinstances/guest/console` */
async function open(path: string): Promise<Session> {
  let heard = ''
  const socket = await openWebsocket(
    readKubeconfig(server.kubeconfig),
    `/apis/subresources.kubevirt.io/v1/namespaces/default/${path}`,
    (bytes) => (heard += bytes.toString('latin1')),
  )
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  return { socket, heard: () => heard, closed }
}

async function askThrough(path: string, question: string): Promise<string> {
  const { socket, heard, closed } = await open(path)
  socket.send(`GET ${question} HTTP/1.1\r\n\r\n`)
  await closed
  return heard()
}

describe('a console', () => {
  const path = 'virtualmachineinstances/guest/console'
  const booted = /sheaf-guest ready: \S+ boot [0-9a-f-]{36}/

  test('shows a late viewer the boot, and a second session ends the first', async () => {
    const first = await open(path)
    await eventually('the boot is shown', () => booted.test(first.heard()))
    const second = await open(path)
    expect(await first.closed).toBe(1000)
    await eventually('the boot is shown again', () => booted.test(second.heard()))
    second.socket.send('echo six times seven is $((6*7))\r')
    await eventually('the guest answers', () => second.heard().includes('six times seven is 42'))
    second.socket.close()
  })

  test('shows it after a restart of the server, with what was said in the session before', async () => {
    await server.kill('SIGKILL')
    await server.start()
    const session = await open(path)
    await eventually('both are shown', () => booted.test(session.heard()) && session.heard().includes('seven is 42'))
    session.socket.close()
  })
})

describe('a display', () => {
  test('is taken as a picture, and speaks VNC', async () => {
    const file = process.env['SHEAF_TEST_SCREENSHOT'] ?? join(folder, 'screen.png')
    expect(await server.sheaf('vnc', '--screenshot', file, 'guest')).toMatchObject({ code: 0, stderr: '' })
    const picture = readFileSync(file)
    expect(picture.toString('latin1', 1, 4)).toBe('PNG')
    expect(picture.readUInt32BE(16)).toBeGreaterThanOrEqual(640)
    const session = await open('virtualmachineinstances/guest/vnc')
    await eventually('VNC greets', () => session.heard().startsWith('RFB 003.'))
    session.socket.close()
  })
})

describe('a port of a guest', () => {
  test('is reached whether its spec declares it or not, and by the name of the VM', async () => {
    for (const path of [
      'virtualmachineinstances/guest/portforward/80',
      'virtualmachineinstances/secluded/portforward/80/tcp',
      'virtualmachines/secluded/portforward/80',
    ]) {
      const answer = await eventually(
        `${path} answers`,
        async () => {
          const text = await askThrough(path, '/boot-id')
          return text.includes('200 OK') && text
        },
        openDeadlineMs,
      )
      if (path.includes('/guest/')) expect(answer).toContain(guest.bootId)
      else expect(answer).not.toContain(guest.bootId)
    }
  })
})

describe('a running guest', () => {
  const pidOf = (): number | undefined => machineProcesses(server.dataFolder).find(({ id }) => id === uidOf(guest.instance))?.pid

  test('stands still while it is paused and goes on afterwards', async () => {
    const before = Number(await askGuest(guest.instance, '/heartbeat'))
    expect(await server.sheaf('pause', 'guest')).toMatchObject({ code: 0, stdout: 'VM guest was paused.\n' })
    const since = performance.now()
    await expect(askGuest(guest.instance, '/heartbeat', 1_000)).rejects.toThrow()
    await eventually('some time has passed', () => performance.now() - since > pauseMs)
    expect(await server.sheaf('unpause', 'guest')).toMatchObject({ code: 0 })
    const after = await eventually('the guest answers', async () => Number(await askGuest(guest.instance, '/heartbeat')))
    expect(after).toBeLessThan(before + pauseMs / 1000)
    await eventually('it counts on', async () => Number(await askGuest(guest.instance, '/heartbeat')) > after)
    expect(await askGuest(guest.instance, '/boot-id')).toBe(guest.bootId)
  })

  test('boots anew in the same process and the same instance when it is reset', async () => {
    const pid = pidOf()
    expect(pid).toBeGreaterThan(0)
    expect(await server.sheaf('reset', 'guest')).toMatchObject({ code: 0 })
    const again = await untilGuestAnswers(server, 'guest', guest)
    expect(uidOf(again.instance)).toBe(uidOf(guest.instance))
    expect(pidOf()).toBe(pid)
  })

  test('cannot be asked to reboot without an agent, and the refusal says what can be done', async () => {
    const { code, stderr } = await server.sheaf('soft-reboot', 'guest')
    expect(code).toBe(1)
    expect(stderr).toContain('install qemu-guest-agent in it, or use reset or restart')
    expect((await instances(server).get(key('guest'))).status?.conditions?.map(({ type }) => type)).not.toContain(
      'AgentConnected',
    )
  })
})
