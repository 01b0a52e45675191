// The window of text, with a real guest behind it: its console, its log, what is said of it, and what can be done with it.

import { spawn } from 'node:child_process'
import { delimiter, dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../kit/eventually.ts'
import { machineProcesses } from '../kit/machine-processes.ts'
import { type ProgramResult, type ServerProcess, sheafProgram, startServerProcess } from '../kit/server-process.ts'
import { openTerminal } from '../kit/terminal.ts'
import { emptyMachine, guestMachine, instances, key, uidOf, untilGuestAnswers, virtualMachines } from '../kit/virtual-machines.ts'

let server: ServerProcess
let environment: NodeJS.ProcessEnv
beforeAll(async () => {
  server = await startServerProcess()
  environment = {
    ...process.env,
    SHEAF_DATA: server.dataFolder,
    PATH: [dirname(sheafProgram), process.env['PATH']].join(delimiter),
  }
  await virtualMachines(server).create(guestMachine('talker', 'Always'))
  await virtualMachines(server).create(emptyMachine('pressed', 'Manual'))
  await untilGuestAnswers(server, 'talker')
})
afterAll(() => server?.dispose())

const scheduled = (name: string, what: string): ProgramResult => ({
  code: 0,
  stdout: `VM ${name} was scheduled to ${what}. Watch it with: kubectl get vm ${name} -n default -w\n`,
  stderr: '',
})
const refused = (name: string, why: string): ProgramResult => ({
  code: 1,
  stdout: '',
  stderr: `Error from server (Conflict): Operation cannot be fulfilled on virtualmachine.kubevirt.io "${name}": ${why}\n`,
})
const absent = (name: string, resource = 'virtualmachine.kubevirt.io'): ProgramResult => ({
  code: 1,
  stdout: '',
  stderr: `Error from server (NotFound): ${resource} "${name}" not found\n`,
})
const untilStatus = (name: string, status: string) =>
  eventually(
    `${name} is ${status}`,
    async () => (await virtualMachines(server).get(key(name))).status?.printableStatus === status,
  )

describe('sheaf console', () => {
  test('what is typed reaches the guest, its answer comes back, and Ctrl-] leaves', async () => {
    const terminal = openTerminal('sheaf console talker', environment)
    try {
      await terminal.sees(/Connected to talker/)
      terminal.type('\r')
      await terminal.sees(/guest:\S*# /)
      // The shell computes: an echo of what was typed is no answer.
      terminal.type('echo $((6 * 7)) from $(hostname)\r')
      await terminal.sees(/42 from guest/)

      terminal.type('\u001d')
      await terminal.sees(/Disconnected/)
      expect(await terminal.ended).toBe(0)
    } finally {
      await terminal.close()
    }
  })

  test('a new session ends the one before it, and begins with what was said there', async () => {
    const terminal = openTerminal('sheaf console talker', environment)
    try {
      await terminal.sees(/Connected to talker/)
      const next = openTerminal('sheaf console talker', environment)
      await next.sees(/42 from guest/)
      await next.close()
      await terminal.sees(/Disconnected/)
      expect(await terminal.ended).toBe(0)
    } finally {
      await terminal.close()
    }
  })

  test('a machine that is not there, and one that does not run, are told', async () => {
    expect(await server.sheaf('console', 'absent')).toEqual(absent('absent', 'virtualmachineinstance.kubevirt.io'))
    expect(await server.sheaf('console', 'pressed')).toEqual(absent('pressed', 'virtualmachineinstance.kubevirt.io'))
  })
})

describe('sheaf logs', () => {
  test('prints what the guest has said, or its end', async () => {
    const { code, stdout } = await server.sheaf('logs', 'talker')
    expect(code).toBe(0)
    expect(stdout).toMatch(/sheaf-guest ready: guest boot [0-9a-f-]{36}/)
    expect((await server.sheaf('logs', 'talker', '--tail-bytes', '5')).stdout).toHaveLength(5)
    expect(await server.sheaf('logs', 'talker', '--tail-bytes', 'few')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('tailBytes must be a whole number of bytes'),
    })
    expect(await server.sheaf('logs', 'absent')).toEqual(absent('absent', 'virtualmachineinstance.kubevirt.io'))
  })

  test('-f goes on as the guest writes, and ends with it', async () => {
    await virtualMachines(server).create(emptyMachine('brief', 'Always'))
    await untilStatus('brief', 'Running')
    const ofBrief = followLog('brief')
    const ofTalker = followLog('talker')
    const terminal = openTerminal('sheaf console talker', environment)
    try {
      await eventually('it shows what was said before', () => ofTalker.text().includes('sheaf-guest ready'))
      await terminal.sees(/Connected to talker/)
      terminal.type('echo followed-$((1 + 1))\r')
      await eventually('it shows what is said now', () => ofTalker.text().includes('followed-2'))

      await virtualMachines(server).delete(key('brief'))
      expect(await ofBrief.ended).toBe(0)
    } finally {
      await Promise.all([terminal.close(), ofBrief.stop(), ofTalker.stop()])
    }
  })
})

/** `sheaf logs -f`, which nobody but the guest or the test ends. */
function followLog(name: string) {
  const child = spawn(sheafProgram, ['logs', '-f', name], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  return {
    text: () => text,
    ended,
    async stop() {
      child.kill()
      await ended
    },
  }
}

describe('what is said of machines', () => {
  test('status shows the server, and every machine with where its ports answer', async () => {
    const { stdout } = await server.sheaf('status')
    expect(stdout).toMatch(/^server +https:\/\/127\.0\.0\.1:\d+ \(v1\.\d+\.\d+\+sheaf/)
    expect(stdout).toMatch(/^NAMESPACE +NAME +STRATEGY +STATUS +READY +PORTS$/m)
    expect(stdout).toMatch(/^default +talker +Always +Running +true +127\.0\.0\.1:\d+→80$/m)
    expect(stdout).toMatch(/^default +pressed +Manual +Stopped +false$/m)
    const { virtualMachines: machines } = JSON.parse((await server.sheaf('status', '-o', 'json')).stdout) as {
      virtualMachines: object[]
    }
    expect(machines).toContainEqual(expect.objectContaining({ name: 'talker', status: 'Running', ready: true }))
  })

  test('explain tells the state, why, and what next', async () => {
    const running = await server.sheaf('explain', 'talker')
    expect(running.code).toBe(0)
    expect(running.stdout).toContain('Running')
    expect(running.stdout).toContain('What is known')
    const stopped = JSON.parse((await server.sheaf('explain', 'vm/pressed', '-o', 'json')).stdout) as {
      state: string
      next: string[]
    }
    expect(stopped.state).toContain('Stopped')
    expect(stopped.next.join('\n')).toContain('sheaf start pressed')
    expect(await server.sheaf('explain', 'absent')).toEqual(absent('absent', 'virtualmachines.kubevirt.io'))
  })
})

test('start, stop and restart do what they say, and refuse what cannot be', async () => {
  expect(await server.sheaf('stop', 'pressed')).toEqual(refused('pressed', 'VM is not running'))
  expect(await server.sheaf('restart', 'pressed')).toEqual(refused('pressed', 'VM is not running: Halted'))
  expect(await server.sheaf('start', 'pressed')).toEqual(scheduled('pressed', 'start'))
  await untilStatus('pressed', 'Running')
  const first = uidOf(await instances(server).get(key('pressed')))

  expect(await server.sheaf('start', 'pressed')).toEqual(refused('pressed', 'VM is already running'))
  expect(await server.sheaf('restart', 'pressed', '--force')).toEqual(scheduled('pressed', 'restart'))
  const second = await eventually('another instance runs', async () => {
    const instance = await instances(server).find(key('pressed'))
    return instance !== undefined && uidOf(instance) !== first && instance.status?.phase === 'Running'
      ? uidOf(instance)
      : undefined
  })

  expect(await server.sheaf('stop', 'pressed', '--grace-period', 'soon')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Give a whole number of seconds'),
  })
  expect(await server.sheaf('stop', 'pressed', '--force')).toEqual(scheduled('pressed', 'stop'))
  await untilStatus('pressed', 'Stopped')
  await eventually('its QEMU is gone', () => !machineProcesses(server.dataFolder).some(({ id }) => id === second))
  expect(await server.sheaf('start', 'talker')).toEqual(refused('talker', 'VM is already running'))
  for (const verb of ['start', 'stop', 'restart']) expect(await server.sheaf(verb, 'absent')).toEqual(absent('absent'))
})

describe('the shell', () => {
  test('bash completes commands, options and the names of machines', async () => {
    const bash = openTerminal('bash --norc --noprofile -i', environment)
    try {
      await bash.sees(/[#$] $/, 'the prompt')
      bash.type('source <(sheaf completion bash)\r')
      await bash.sees(/\n.*[#$] $/, 'the prompt')
      bash.type('sheaf expl\t')
      await bash.sees(/sheaf explain /)
      bash.type('tal\t')
      await bash.sees(/talker /)
      bash.type('--outp\t')
      await bash.sees(/--output /)
      // Ctrl-U takes the line away.
      bash.type('\u0015exit\r')
      expect(await bash.ended).toBe(0)
    } finally {
      await bash.close()
    }
  })

  test('--help names every command and every variable, and each command has its own', async () => {
    const help = await server.sheaf('--help')
    expect(help.code).toBe(0)
    for (const command of [
      'serve',
      'up',
      'down',
      'status',
      'start',
      'stop',
      'restart',
      'console',
      'logs',
      'explain',
      'doctor',
      'completion',
    ]) {
      expect(help.stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
      const own = await server.sheaf(command, '--help')
      expect([command, own.code]).toEqual([command, 0])
      expect(own.stdout).toMatch(new RegExp(`^Usage: sheaf ${command} `))
    }
    for (const variable of ['SHEAF_DATA', 'SHEAF_PORT', 'SHEAF_ACCEL']) expect(help.stdout).toContain(variable)
    expect(help.stdout).not.toContain('__complete')
  })
})
