// The promises of hypervisor.ts as tests. Every implementation passes the same ones.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  AgentSilent,
  DisplayBusy,
  type ExitCause,
  type Hypervisor,
  type Machine,
  MachineLacks,
  NotRunning,
} from '../hypervisor.ts'
import type { LaunchPlan } from '../launch-plan.ts'
import { moveConformance } from './move-conformance.ts'
import { exitOf, isRefusal, pidOf, typeUntilEchoed, until, untilHeard } from './watched-machine.ts'

/** What the suite needs of an implementation. */
export interface ConformanceRig extends AsyncDisposable {
  /** A hypervisor over what this rig has. After `release` of the one before it is a restart. */
  open(): Promise<Hypervisor>
  /** A plan whose guest boots, prints `>`, echoes what is typed and listens to the power button. */
  plan(id: string, changes?: Partial<LaunchPlan>): LaunchPlan
  /** A valid plan that QEMU refuses, with a word that is in its refusal. */
  refusedPlan(id: string): { plan: LaunchPlan; word: string }
  /** A plan that needs a file which is not there. */
  planWithoutImage(id: string): LaunchPlan
  /** Everything that the guest has printed. */
  serialText(machine: Machine): Promise<string>
  /** Lets the guest of a booted machine do this by itself, without the hypervisor's help. One that hangs does not feed its watchdog. */
  guest: Record<'shutdown' | 'panic' | 'reboot' | 'hang' | 'ignorePowerButton', (machine: Machine) => Promise<void>>
  /** Ends the process from outside, as the kernel does when memory runs out. */
  crash(machine: Machine): Promise<void>
}

export function hypervisorConformance(openRig: () => Promise<ConformanceRig>): void {
  let rig: ConformanceRig
  let hypervisor: Hypervisor

  beforeEach(async () => {
    rig = await openRig()
    hypervisor = await rig.open()
  })
  afterEach(async () => {
    await hypervisor.release()
    await rig[Symbol.asyncDispose]()
  })

  const restart = async (whileNobodyLooks: () => Promise<void> = async () => {}): Promise<void> => {
    await hypervisor.release()
    await whileNobodyLooks()
    hypervisor = await rig.open()
  }
  const existing = async (id: string): Promise<Machine> => {
    const machine = await hypervisor.find(id)
    if (machine === undefined) throw new Error(`there is no machine ${id}`)
    return machine
  }
  const untilBooted = async (id: string, times = 1): Promise<Machine> => {
    await until(async () => (await rig.serialText(await existing(id))).split('>').length > times)
    return existing(id)
  }
  const launchBooted = async (plan: LaunchPlan): Promise<Machine> => {
    await hypervisor.launch(plan)
    return untilBooted(plan.id)
  }
  const causeOfExit = async (id: string): Promise<ExitCause> => {
    await until(async () => (await existing(id)).state.kind === 'exited')
    return exitOf(await existing(id)).cause
  }

  describe('launch', () => {
    it('starts the machine, which is then found and listed as running', async () => {
      const plan = rig.plan('one')
      const launched = await hypervisor.launch(plan)
      expect(launched).toMatchObject({ id: 'one', plan, state: { kind: 'running', paused: false } })
      expect(await hypervisor.find('one')).toEqual(launched)
      expect(await hypervisor.list()).toEqual([launched])
    })

    it('does nothing more for a machine that is there, however often it is asked at once', async () => {
      const machines = await Promise.all([1, 2, 3].map(() => hypervisor.launch(rig.plan('one'))))
      expect(new Set(machines.map(pidOf)).size).toBe(1)
      expect(pidOf(await hypervisor.launch(rig.plan('one', { name: 'another' })))).toBe(pidOf(await existing('one')))
    })

    it('refuses a plan that cannot be, says why, and leaves no trace', async () => {
      const refusal = hypervisor.launch(rig.plan('one', { uuid: 'none' }))
      await expect(refusal).rejects.toSatisfy(isRefusal('InvalidPlan'))
      await expect(refusal).rejects.toThrow(/uuid "none" must be/)
      expect(await hypervisor.list()).toEqual([])
    })

    it('refuses when an image is missing, names it, and leaves no trace', async () => {
      const refusal = hypervisor.launch(rig.planWithoutImage('one'))
      await expect(refusal).rejects.toSatisfy(isRefusal('ImageNotFound'))
      await expect(refusal).rejects.toThrow(/missing\.img/)
      expect(await hypervisor.list()).toEqual([])
    })

    it('refuses a machine for which there is not enough memory, and leaves no trace', async () => {
      const refusal = hypervisor.launch(rig.plan('one', { memoryBytes: 2 ** 50 }))
      await expect(refusal).rejects.toSatisfy(isRefusal('NoMemory'))
      expect(await hypervisor.list()).toEqual([])
    })

    it("resolves with QEMU's last words when QEMU refuses, and does not try again by itself", async () => {
      const { plan, word } = rig.refusedPlan('one')
      const refused = await hypervisor.launch(plan)
      expect(exitOf(refused).cause).toBe('failed-to-start')
      expect(exitOf(refused).lastWords).toContain(word)
      expect(await hypervisor.launch(rig.plan('one'))).toEqual(refused)
    })

    it('refuses a second machine of one name while the first one runs, also after a restart, and leaves no trace', async () => {
      await hypervisor.launch(rig.plan('one', { name: 'shop_web' }))
      await restart()
      const again = rig.plan('two', { name: 'shop_web' })
      await expect(hypervisor.launch(again)).rejects.toSatisfy(isRefusal('NameTaken'))
      expect(await hypervisor.find('two')).toBeUndefined()
      await hypervisor.kill('one')
      expect((await hypervisor.launch(again)).state.kind).toBe('running')
    })

    it('leaves an exited machine as it is', async () => {
      await hypervisor.launch(rig.plan('one'))
      await hypervisor.kill('one')
      expect(exitOf(await hypervisor.launch(rig.plan('one'))).cause).toBe('killed')
    })

    it('starts paused when the plan says so, and runs when it is resumed', async () => {
      const machine = await hypervisor.launch(rig.plan('one', { startPaused: true }))
      expect(machine.state).toMatchObject({ kind: 'running', paused: true })
      await hypervisor.resume('one')
      expect((await untilBooted('one')).state).toMatchObject({ kind: 'running', paused: false })
    })
  })

  describe('forwards', () => {
    const forwarded = (id: string, hostPort: number | 'any'): LaunchPlan =>
      rig.plan(id, {
        interfaces: [
          {
            name: 'default',
            macAddress: '02:00:00:00:00:01',
            model: 'virtio-net',
            forwards: [{ name: 'ssh', protocol: 'tcp', hostAddress: '127.0.0.1', hostPort, guestPort: 22 }],
          },
        ],
      })

    it('get a free port each when any will do, and keep it over a restart', async () => {
      const [one, two] = await Promise.all([
        hypervisor.launch(forwarded('one', 'any')),
        hypervisor.launch(forwarded('two', 'any')),
      ])
      expect(one.forwards).toMatchObject([{ name: 'ssh', protocol: 'tcp', hostAddress: '127.0.0.1', guestPort: 22 }])
      expect(one.forwards[0]?.hostPort).not.toBe(two.forwards[0]?.hostPort)
      await restart()
      expect((await existing('one')).forwards).toEqual(one.forwards)
    })

    it('refuse a port that is taken, name it, and leave no trace', async () => {
      const one = await hypervisor.launch(forwarded('one', 'any'))
      const taken = one.forwards[0]?.hostPort ?? 0
      const refusal = hypervisor.launch(forwarded('two', taken))
      await expect(refusal).rejects.toSatisfy(isRefusal('PortInUse'))
      await expect(refusal).rejects.toThrow(String(taken))
      expect(await hypervisor.find('two')).toBeUndefined()
    })
  })

  describe('the end', () => {
    it('by the guest powering itself off is guest-shutdown', async () => {
      await launchBooted(rig.plan('one'))
      await rig.guest.shutdown(await existing('one'))
      expect(await causeOfExit('one')).toBe('guest-shutdown')
    })

    it('by the power button is guest-shutdown when the guest listens', async () => {
      await launchBooted(rig.plan('one'))
      await hypervisor.pressPowerButton('one')
      expect(await causeOfExit('one')).toBe('guest-shutdown')
    })

    it('does not come by the power button when the guest does not listen; killing it is killed', async () => {
      const { state } = await launchBooted(rig.plan('one'))
      await rig.guest.ignorePowerButton(await existing('one'))
      await hypervisor.pressPowerButton('one')
      expect((await existing('one')).state).toEqual(state)
      await hypervisor.kill('one')
      expect(exitOf(await existing('one')).cause).toBe('killed')
    })

    it('together with the host is host-shutdown, whether the guest listens or must be ended', async () => {
      await launchBooted(rig.plan('one'))
      await hypervisor.shutDownWithHost('one', 20_000)
      expect(exitOf(await existing('one')).cause).toBe('host-shutdown')
      await launchBooted(rig.plan('two'))
      await rig.guest.ignorePowerButton(await existing('two'))
      await hypervisor.shutDownWithHost('two', 100)
      expect(exitOf(await existing('two')).cause).toBe('host-shutdown')
      await hypervisor.shutDownWithHost('nobody', 100)
    })

    it('by a panic is guest-panic', async () => {
      await launchBooted(rig.plan('one'))
      await rig.guest.panic(await existing('one'))
      expect(await causeOfExit('one')).toBe('guest-panic')
    })

    it('by a watchdog is watchdog when it is to power the machine off', async () => {
      await launchBooted(rig.plan('one', { watchdog: { action: 'poweroff' } }))
      await rig.guest.hang(await existing('one'))
      expect(await causeOfExit('one')).toBe('watchdog')
    })

    it('by a watchdog that presses the power button is guest-shutdown', async () => {
      await launchBooted(rig.plan('one', { watchdog: { action: 'shutdown' } }))
      await rig.guest.hang(await existing('one'))
      expect(await causeOfExit('one')).toBe('guest-shutdown')
    })

    it('by a reboot is guest-reset when the plan ends there', async () => {
      await launchBooted(rig.plan('one', { onReboot: 'terminate' }))
      await rig.guest.reboot(await existing('one'))
      expect(await causeOfExit('one')).toBe('guest-reset')
    })

    it('by a lost process is crashed', async () => {
      await rig.crash(await launchBooted(rig.plan('one')))
      expect(await causeOfExit('one')).toBe('crashed')
    })

    it('is told to listeners, until they close', async () => {
      const told: string[] = []
      const closed: string[] = []
      hypervisor.onChange((id) => told.push(id))
      hypervisor.onChange((id) => closed.push(id)).close()
      await launchBooted(rig.plan('one'))
      told.length = 0
      await rig.guest.shutdown(await existing('one'))
      await until(async () => told.includes('one') && (await existing('one')).state.kind === 'exited')
      expect(closed).toEqual([])
    })
  })

  describe('a running machine', () => {
    it('goes on in the same process when the guest reboots or is reset', async () => {
      const { state } = await launchBooted(rig.plan('one'))
      await rig.guest.reboot(await existing('one'))
      expect((await untilBooted('one', 2)).state).toEqual(state)
      await hypervisor.reset('one')
      expect((await untilBooted('one', 3)).state).toEqual(state)
    })

    it('goes on in the same process when its watchdog resets it', async () => {
      const { state } = await launchBooted(rig.plan('one', { watchdog: { action: 'reset' } }))
      await rig.guest.hang(await existing('one'))
      expect((await untilBooted('one', 2)).state).toEqual(state)
    })

    it('is reset without coming to its end when only a reboot by the guest ends it', async () => {
      const { state } = await launchBooted(rig.plan('one', { onReboot: 'terminate' }))
      await hypervisor.reset('one')
      expect((await untilBooted('one', 2)).state).toEqual(state)
      await rig.guest.reboot(await existing('one'))
      expect(await causeOfExit('one')).toBe('guest-reset')
    })

    it('is paused and resumed', async () => {
      await launchBooted(rig.plan('one'))
      await hypervisor.pause('one')
      expect((await existing('one')).state).toMatchObject({ kind: 'running', paused: true })
      await hypervisor.resume('one')
      expect((await existing('one')).state).toMatchObject({ kind: 'running', paused: false })
    })

    it('can be typed to and read from, by one client at a time: a new one ends the one before it', async () => {
      await launchBooted(rig.plan('one'))
      const first = await hypervisor.openSerial('one')
      await typeUntilEchoed(first, 'hello')
      const next = await hypervisor.openSerial('one')
      await until(async () => first.closed)
      await typeUntilEchoed(next, 'again')
      next.destroy()
    })

    it('shows whoever comes late to its console what was printed before, once, also after a restart', async () => {
      await launchBooted(rig.plan('one'))
      const first = await hypervisor.openSerial('one')
      await typeUntilEchoed(first, 'hello')
      const second = await hypervisor.openSerial('one')
      await untilHeard(second, '>hello')
      await restart()
      const third = await hypervisor.openSerial('one')
      const heard = await typeUntilEchoed(third, ' again')
      expect(heard()).toBe('>hello again')
      third.destroy()
    })

    it('can be looked at: its display speaks RFB, to one client at a time, who may be spared', async () => {
      await launchBooted(rig.plan('one', { graphics: true }))
      const first = await hypervisor.openDisplay('one')
      await untilHeard(first, 'RFB 003.')
      await expect(hypervisor.openDisplay('one', { sparesOther: true })).rejects.toBeInstanceOf(DisplayBusy)
      expect(first.closed).toBe(false)
      const next = await hypervisor.openDisplay('one')
      await until(async () => first.closed)
      await untilHeard(next, 'RFB 003.')
      next.destroy()
      await until(async () => next.closed)
      const spared = await hypervisor.openDisplay('one', { sparesOther: true })
      await untilHeard(spared, 'RFB 003.')
      spared.destroy()
    })

    it('gives a picture of its display', async () => {
      await launchBooted(rig.plan('one', { graphics: true }))
      for (const movesPointer of [false, true]) {
        const picture = await hypervisor.screenshot('one', { movesPointer })
        expect(Buffer.from(picture.subarray(0, 8)).toString('latin1')).toBe('\x89PNG\r\n\x1a\n')
      }
    })

    it('without a serial console says so', async () => {
      await hypervisor.launch(rig.plan('one', { serialConsole: 'none' }))
      await expect(hypervisor.openSerial('one')).rejects.toBeInstanceOf(MachineLacks)
    })

    it('without a display, a network or an agent says so', async () => {
      const { state } = await launchBooted(rig.plan('one', { graphics: false, interfaces: [] }))
      expect(state).not.toHaveProperty('agentConnected')
      await expect(hypervisor.openDisplay('one')).rejects.toBeInstanceOf(MachineLacks)
      await expect(hypervisor.screenshot('one')).rejects.toBeInstanceOf(MachineLacks)
      await expect(hypervisor.openPort('one', 80)).rejects.toBeInstanceOf(MachineLacks)
      await expect(hypervisor.reachPort('one', 80, 50)).rejects.toBeInstanceOf(MachineLacks)
      await expect(hypervisor.askAgent('one', 'guest-info')).rejects.toBeInstanceOf(AgentSilent)
    })

    it('closes a connection to a port on which nobody listens', async () => {
      const network = { name: 'default', macAddress: '02:00:00:00:00:01', model: 'virtio-net', forwards: [] } as const
      await launchBooted(rig.plan('one', { interfaces: [network] }))
      const connection = await hypervisor.openPort('one', 80)
      connection.destroy()
      await until(async () => connection.closed)
    })

    it('says whether a port takes connections', async () => {
      const network = { name: 'default', macAddress: '02:00:00:00:00:01', model: 'virtio-net', forwards: [] } as const
      await launchBooted(rig.plan('one', { interfaces: [network] }))
      // A guest without an operating system says nothing at all.
      expect(['refuses', 'silent']).toContain(await hypervisor.reachPort('one', 80, 50))
    })
  })

  moveConformance({ rig: () => rig, hypervisor: () => hypervisor, restart, existing, launchBooted })

  describe('a machine that does not run', () => {
    it('is not found when it was never launched or its id is no id', async () => {
      expect(await hypervisor.find('none')).toBeUndefined()
      expect(await hypervisor.find('../one')).toBeUndefined()
      expect(await hypervisor.list()).toEqual([])
    })

    it('takes every command and does nothing', async () => {
      await hypervisor.launch(rig.plan('ended'))
      await hypervisor.kill('ended')
      const before = await hypervisor.find('ended')
      for (const id of ['none', 'ended']) {
        for (const command of ['pressPowerButton', 'kill', 'reset', 'pause', 'resume'] as const) await hypervisor[command](id)
      }
      await hypervisor.remove('none')
      expect(await hypervisor.list()).toEqual([before])
    })

    it('has no console, no display, no port and no agent', async () => {
      for (const ask of [
        () => hypervisor.openSerial('none'),
        () => hypervisor.openDisplay('none'),
        () => hypervisor.screenshot('none'),
        () => hypervisor.openPort('none', 80),
        () => hypervisor.reachPort('none', 80, 50),
        () => hypervisor.askAgent('none', 'guest-info'),
      ])
        await expect(ask()).rejects.toBeInstanceOf(NotRunning)
    })
  })

  describe('remove', () => {
    it('ends a running machine and forgets it, so that its id is free', async () => {
      const first = await hypervisor.launch(rig.plan('one'))
      await hypervisor.remove('one')
      expect(await hypervisor.find('one')).toBeUndefined()
      expect(pidOf(await hypervisor.launch(rig.plan('one')))).not.toBe(pidOf(first))
    })

    it('forgets an exited machine', async () => {
      await hypervisor.launch(rig.plan('one'))
      await hypervisor.kill('one')
      await hypervisor.remove('one')
      expect(await hypervisor.list()).toEqual([])
    })
  })

  describe('the host', () => {
    it('tells what it can give, and less memory when a machine was promised some', async () => {
      const before = await hypervisor.capabilities()
      expect(before.emulator?.processorModels.get('qemu64')).toBeDefined()
      expect(before.emulator?.machineTypes).toContain('q35')
      expect(before.emulator?.devices).toContain('virtio-net-pci')
      expect(before.processors).toBeGreaterThan(0)
      await hypervisor.launch(rig.plan('one', { promisedBytes: before.memoryBytes / 2 }))
      expect((await hypervisor.capabilities()).memoryBytes).toBeLessThan(before.memoryBytes * 0.75)
    })
  })

  describe('a restart of whoever looks', () => {
    it('leaves machines running, and finds them as they are', async () => {
      const running = await launchBooted(rig.plan('one'))
      await hypervisor.launch(rig.plan('two'))
      await hypervisor.pause('two')
      await restart()
      expect((await existing('one')).state).toEqual(running.state)
      expect((await existing('two')).state).toMatchObject({ kind: 'running', paused: true })
      expect((await hypervisor.launch(rig.plan('one'))).state).toEqual(running.state)
    })

    it('keeps what is known of an end', async () => {
      await hypervisor.launch(rig.plan('one'))
      await hypervisor.kill('one')
      const before = await hypervisor.find('one')
      await restart()
      expect(await hypervisor.find('one')).toEqual(before)
    })

    it.each([
      ['shutdown', 'guest-shutdown'],
      ['panic', 'guest-panic'],
      ['reboot', 'guest-reset'],
      ['hang', 'watchdog'],
    ] as const)('learns that a guest ended by %s while nobody looked', async (deed, cause) => {
      const machine = await launchBooted(rig.plan('one', { onReboot: 'terminate', watchdog: { action: 'poweroff' } }))
      await restart(() => rig.guest[deed](machine))
      expect(await causeOfExit('one')).toBe(cause)
    })

    it('learns that a process was lost while nobody looked', async () => {
      const machine = await launchBooted(rig.plan('one'))
      await restart(() => rig.crash(machine))
      expect(exitOf(await existing('one')).cause).toBe('crashed')
    })
  })
}
