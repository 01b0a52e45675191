import type { Duplex } from 'node:stream'
import { AgentRefused, AgentSilent } from '@sheaf/qemu'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ActionWorld, startActionWorld } from './action-world.fixture.ts'

let world: ActionWorld
beforeAll(async () => {
  world = await startActionWorld()
})
afterAll(() => world.stop())

const conflict = (name: string, why: string) => ({
  code: 409,
  reason: 'Conflict',
  message: `Operation cannot be fulfilled on virtualmachineinstance.kubevirt.io "${name}": ${why}`,
})
const badRequest = (message: string) => ({ code: 400, reason: 'BadRequest', message })
const noMemory = { domain: { devices: {}, memory: { guest: '64Mi' } } }

/** What is heard before somebody ends the stream. */
async function heardUntil(stream: Duplex, text: string): Promise<string> {
  let heard = ''
  stream.on('data', (chunk: unknown) => {
    heard += String(chunk)
  })
  await world.until(() => heard.includes(text))
  return heard
}

describe('an action on an instance that is not there', () => {
  it.each(['pause', 'unpause', 'softreboot', 'reset', 'freeze', 'unfreeze', 'addvolume', 'removevolume', 'evacuate/cancel'])(
    '%s is 404, in the singular',
    async (action) => {
      const message = 'virtualmachineinstance.kubevirt.io "nobody" not found'
      expect(await world.put('nobody', action, {})).toMatchObject({ code: 404, message })
    },
  )

  it.each(['console', 'vnc', 'usbredir', 'vsock', 'portforward/80'])('%s is 404', async (action) => {
    await expect(world.open('nobody', action)).rejects.toMatchObject({ code: 404 })
  })
})

describe('an action on an instance that does not run', () => {
  beforeAll(() => world.create('ended').then((uid) => world.world.guestShutdown(uid)))

  it.each([
    ['pause', conflict('ended', 'VM is not running')],
    ['unpause', conflict('ended', 'VMI is not running')],
    ['softreboot', conflict('ended', 'VM is not running')],
    ['freeze', conflict('ended', 'VM is not running')],
    ['unfreeze', conflict('ended', 'VMI is not running')],
    [
      'reset',
      badRequest(
        'Failed to reset non-running VMI with phase Succeeded: Unable to connect to VirtualMachineInstance because phase is Succeeded instead of Running or Scheduled',
      ),
    ],
  ])('%s is refused', async (action, refusal) => {
    await world.until(async () => (await world.get('ended')).status?.phase === 'Succeeded')
    expect(await world.put('ended', action, { unfreezeTimeout: '1m' })).toMatchObject(refusal)
  })

  it.each(['guestosinfo', 'userlist', 'filesystemlist'])('%s is 500 in plain text', async (action) => {
    expect(await world.ask('ended', action)).toMatchObject({ code: 500, message: 'VMI is not running\n', reason: undefined })
  })

  it.each(['console', 'vnc', 'portforward/80'])('%s is 400', async (action) => {
    await expect(world.open('ended', action)).rejects.toMatchObject(badRequest('VMI is not running'))
  })

  it('a console of one that has failed is 409', async () => {
    world.world.crash(await world.create('crashed'))
    await world.until(async () => (await world.get('crashed')).status?.phase === 'Failed')
    await expect(world.open('crashed', 'console')).rejects.toMatchObject(conflict('crashed', 'VMI is in failed status'))
  })
})

describe('pause and unpause', () => {
  it('answer 200 with nothing, once, and the condition follows', async () => {
    await world.create('held')
    expect(await world.put('held', 'unpause')).toMatchObject(conflict('held', 'VMI is not paused'))
    expect((await world.put('held', 'pause')).response).toEqual(expect.objectContaining({ status: 200, body: '' }))
    await world.until(async () => (await world.condition('held', 'Paused'))?.reason === 'PausedByUser')
    expect(await world.put('held', 'pause')).toMatchObject(conflict('held', 'VMI is already paused'))
    expect(await world.put('held', 'softreboot')).toMatchObject(conflict('held', 'VMI is paused'))
    await expect(world.open('held', 'portforward/80')).rejects.toMatchObject(conflict('held', 'VMI is paused'))
    expect((await world.put('held', 'unpause')).code).toBe(200)
    await world.until(async () => (await world.condition('held', 'Paused')) === undefined)
  })

  it('change nothing when they are only tried', async () => {
    await world.create('tried')
    expect((await world.put('tried', 'pause', { dryRun: ['All'] })).code).toBe(200)
    expect(await world.put('tried', 'unpause')).toMatchObject(conflict('tried', 'VMI is not paused'))
  })

  it('do not hold a guest whose life is probed from outside; a probe of the agent is no hindrance', async () => {
    await world.create('probed', { livenessProbe: { tcpSocket: { port: 80 } } })
    expect(await world.put('probed', 'pause')).toMatchObject({
      code: 403,
      message:
        'virtualmachineinstance.kubevirt.io "probed" is forbidden: Pausing VMIs with a non-GuestAgentPing LivenessProbe is not supported',
    })
    await world.create('pinged', { livenessProbe: { guestAgentPing: {} } })
    expect((await world.put('pinged', 'pause')).code).toBe(200)
  })
})

describe('reset and softreboot', () => {
  it('reset boots the guest anew in the same process and the same instance', async () => {
    const uid = await world.create('again')
    await world.until(() => world.world.serialText(uid) === '>')
    const before = (await world.get('again')).metadata.uid
    expect((await world.put('again', 'reset')).code).toBe(200)
    await world.until(() => world.world.serialText(uid) === '>>')
    expect((await world.get('again')).metadata.uid).toBe(before)
  })

  it('softreboot asks the agent, and takes nothing else for it', async () => {
    const uid = await world.create('soft')
    expect(await world.put('soft', 'softreboot')).toMatchObject({
      code: 409,
      message: expect.stringContaining('VMI does not have guest agent connected'),
    })
    const asked: unknown[] = []
    world.world.connectAgent(uid, { 'guest-shutdown': (taken: unknown) => void asked.push(taken) })
    expect((await world.put('soft', 'softreboot')).code).toBe(200)
    expect(asked).toEqual([{ mode: 'reboot' }])
  })

  it('softreboot of a guest with neither agent nor ACPI is refused in the words of KubeVirt', async () => {
    await world.create('deaf', { domain: { ...noMemory.domain, features: { acpi: { enabled: false } } } })
    expect(await world.put('deaf', 'softreboot')).toMatchObject(
      conflict('deaf', 'VMI neither have the agent connected nor the ACPI feature enabled'),
    )
  })
})

describe('the agent in the guest', () => {
  it('is a condition as long as it is connected', async () => {
    const uid = await world.create('agent')
    expect(await world.condition('agent', 'AgentConnected')).toBeUndefined()
    world.world.connectAgent(uid, {})
    await world.until(async () => (await world.condition('agent', 'AgentConnected'))?.status === 'True')
    world.world.connectAgent(uid, undefined)
    await world.until(async () => (await world.condition('agent', 'AgentConnected')) === undefined)
  })

  it('tells of the guest; what it may not tell is left out', async () => {
    const uid = await world.create('telling')
    expect(await world.ask('telling', 'guestosinfo')).toMatchObject({
      code: 500,
      message: 'VMI does not have guest agent connected\n',
    })
    world.world.connectAgent(uid, {
      'guest-info': { version: '7.2.0', supported_commands: [{ name: 'guest-ping', enabled: true, 'success-response': true }] },
      'guest-get-host-name': { 'host-name': 'demo' },
      'guest-get-osinfo': { id: 'debian', 'pretty-name': 'Debian 12', 'kernel-release': '6.1.0' },
      'guest-get-timezone': { zone: 'UTC', offset: 0 },
      'guest-get-users': [{ user: 'ann', 'login-time': 12.5 }],
      'guest-get-fsinfo': [
        {
          name: 'vda1',
          mountpoint: '/',
          type: 'ext4',
          'used-bytes': 1,
          'total-bytes': 2,
          disk: [{ 'bus-type': 'virtio', serial: 'A', bus: 0 }],
        },
      ],
    })
    const disk = {
      diskName: 'vda1',
      mountPoint: '/',
      fileSystemType: 'ext4',
      usedBytes: 1,
      totalBytes: 2,
      disk: [{ serial: 'A', busType: 'virtio' }],
    }
    const user = { userName: 'ann', loginTime: 12.5 }
    expect(JSON.parse((await world.ask('telling', 'guestosinfo')).message)).toEqual({
      guestAgentVersion: '7.2.0',
      supportedCommands: [{ name: 'guest-ping', enabled: true }],
      hostname: 'demo',
      os: { id: 'debian', prettyName: 'Debian 12', kernelRelease: '6.1.0' },
      timezone: 'UTC, 0',
      userList: [user],
      fsInfo: { disks: [disk] },
    })
    expect(JSON.parse((await world.ask('telling', 'userlist')).message)).toEqual({ items: [user] })
    expect(JSON.parse((await world.ask('telling', 'filesystemlist')).message)).toEqual({ items: [disk] })
  })

  it('that falls silent, or refuses, is told of', async () => {
    const uid = await world.create('silent')
    const refuses = (error: Error) => () => {
      throw error
    }
    world.world.connectAgent(uid, {
      'guest-get-users': refuses(new AgentSilent('guest-get-users', 'did not answer within 5 ms')),
      'guest-get-fsinfo': refuses(new AgentRefused('guest-get-fsinfo', 'disabled')),
    })
    expect((await world.ask('silent', 'userlist')).message).toContain('did not answer within 5 ms')
    expect((await world.ask('silent', 'filesystemlist')).message).toContain('refused guest-get-fsinfo: disabled')
  })
})

describe('freeze and unfreeze', () => {
  function freezableAgent() {
    const guest = { isFrozen: false, freezes: 0 }
    const agent = {
      'guest-fsfreeze-status': () => (guest.isFrozen ? 'frozen' : 'thawed'),
      'guest-fsfreeze-freeze': () => {
        guest.isFrozen = true
        return ++guest.freezes
      },
      'guest-fsfreeze-thaw': () => {
        guest.isFrozen = false
        return 1
      },
    }
    return { guest, agent }
  }
  const thawAt = async (name: string) => (await world.get(name)).metadata.annotations?.['sheaf.io/thaw-at']

  it('hold the filesystems until told otherwise, however often they are asked', async () => {
    const uid = await world.create('frozen')
    const { guest, agent } = freezableAgent()
    world.world.connectAgent(uid, agent)
    for (const _ of ['once', 'twice']) expect((await world.put('frozen', 'freeze', { unfreezeTimeout: '0s' })).code).toBe(200)
    expect(guest).toEqual({ isFrozen: true, freezes: 1 })
    expect(await thawAt('frozen')).toBeUndefined()
    for (const _ of ['once', 'twice']) expect((await world.put('frozen', 'unfreeze')).code).toBe(200)
    expect(guest.isFrozen).toBe(false)
  })

  it('end by themselves after the timeout, by a promise that is on the object', async () => {
    const uid = await world.create('promised')
    const { guest, agent } = freezableAgent()
    world.world.connectAgent(uid, agent)
    const at = world.clock.now() + 90_000
    expect((await world.put('promised', 'freeze', { unfreezeTimeout: '1m30s' })).code).toBe(200)
    expect(Date.parse((await thawAt('promised')) ?? '')).toBe(at)
    await world.until(() => world.clock.now() >= at - 1000, 500)
    expect(guest.isFrozen).toBe(true)
    await world.until(async () => !guest.isFrozen && (await thawAt('promised')) === undefined)
  })

  it('a promise to a guest that has booted anew is dropped', async () => {
    const uid = await world.create('rebooted')
    const { agent } = freezableAgent()
    world.world.connectAgent(uid, agent)
    await world.put('rebooted', 'freeze', { unfreezeTimeout: '5s' })
    world.world.guestReboot(uid)
    await world.until(async () => (await thawAt('rebooted')) === undefined)
  })

  it('want a timeout, and an agent; without one there is an event', async () => {
    await world.create('bare')
    const message = 'Internal error occurred: Unfreeze timeout in freeze request is not set'
    expect(await world.put('bare', 'freeze', {})).toMatchObject({ code: 500, message })
    expect((await world.put('bare', 'freeze', { unfreezeTimeout: 'soon' })).code).toBe(400)
    expect((await world.put('bare', 'freeze', { unfreezeTimeout: '5m0s' })).code).toBe(500)
    expect(world.recorded).toContainEqual(expect.stringMatching(/^Warning FreezeError bare: .*is not connected/))
  })
})

describe('streams', () => {
  it('a console begins with the boot, and a second session ends the first', async () => {
    const uid = await world.create('spoken')
    await world.until(() => world.world.serialText(uid) === '>')
    const first = await world.open('spoken', 'console')
    first.write('hello')
    expect(await heardUntil(first, 'hello')).toBe('>hello')
    const second = await world.open('spoken', 'console')
    expect(await heardUntil(second, 'hello')).toBe('>hello')
    expect(first.destroyed).toBe(true)
    second.destroy()
  })

  it('a display has one session too, which can ask to be spared', async () => {
    await world.create('seen')
    const first = await world.open('seen', 'vnc')
    await heardUntil(first, 'RFB 003.008')
    await expect(world.open('seen', 'vnc?preserveSession=true')).rejects.toMatchObject({
      code: 503,
      message: 'Active VNC connection. Request denied.',
    })
    const second = await world.open('seen', 'vnc?preserveSession=false')
    expect(first.destroyed).toBe(true)
    second.destroy()
  })

  it('a screenshot is a PNG', async () => {
    const { response } = await world.ask('seen', 'vnc/screenshot?moveCursor=true')
    expect(response).toMatchObject({ status: 200, headers: { 'content-type': 'image/png' } })
    expect(Buffer.from(response.body as Uint8Array).toString('latin1', 1, 4)).toBe('PNG')
  })

  it('what the spec leaves out cannot be opened', async () => {
    const devices = { autoattachGraphicsDevice: false, autoattachSerialConsole: false, autoattachPodInterface: false }
    await world.create('plain', { domain: { memory: { guest: '64Mi' }, devices } })
    await expect(world.open('plain', 'console')).rejects.toMatchObject(badRequest('No serial consoles are present.'))
    await expect(world.open('plain', 'vnc')).rejects.toMatchObject(badRequest('No graphics devices are present.'))
    expect(await world.ask('plain', 'vnc/screenshot')).toMatchObject(badRequest('No graphics devices are present.'))
    await expect(world.open('plain', 'usbredir')).rejects.toMatchObject(conflict('plain', 'Not configured with USB Redirection'))
    await expect(world.open('plain', 'vsock?port=1')).rejects.toMatchObject(badRequest('VSOCK is not attached.'))
    await expect(world.open('plain', 'portforward/80')).rejects.toMatchObject(badRequest('no network interfaces are present'))
  })

  it('a port of the guest is reached by the name of the instance, and of its virtual machine', async () => {
    const uid = await world.create('served')
    await world.until(() => world.world.serialText(uid) === '>')
    world.world.serveGuestPort(uid, 80, (guest) => guest.end('welcome'))
    await world.createVirtualMachine('served')
    for (const plural of ['virtualmachineinstances', 'virtualmachines']) {
      for (const path of ['portforward/80', 'portforward/80/tcp'])
        expect(await heardUntil(await world.open('served', path, plural), 'welcome')).toBe('welcome')
    }
  })

  it('a port of a virtual machine that has no instance, or is not there, is not reached', async () => {
    await world.createVirtualMachine('off')
    await expect(world.open('off', 'portforward/80', 'virtualmachines')).rejects.toMatchObject({
      code: 409,
      message: 'Operation cannot be fulfilled on virtualmachine.kubevirt.io "off": VMI is not started',
    })
    await expect(world.open('nobody', 'portforward/80', 'virtualmachines')).rejects.toMatchObject({
      code: 404,
      message: 'virtualmachine.kubevirt.io "nobody" not found',
    })
  })

  it.each([
    ['portforward/0', 'port must be a number from 1 to 65535, not "0"'],
    ['portforward/http', 'port must be a number from 1 to 65535, not "http"'],
    ['portforward/53/udp', expect.stringContaining('declare port 53 with protocol UDP')],
    ['portforward/53/sctp', 'protocol must be tcp, not "sctp"'],
  ])('%s is refused', async (path, message) => {
    await expect(world.open('seen', path)).rejects.toMatchObject({ code: 400, message })
  })
})
