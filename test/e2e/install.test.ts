// From this checkout into a folder, and out of it again: what a person does, without systemd.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@sheaf/api/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { httpsFetch } from '../../packages/cli/src/https-fetch.ts'
import { eventually } from '../kit/eventually.ts'
import { freePort } from '../kit/free-port.ts'
import { endMachineProcesses, machineProcesses } from '../kit/machine-processes.ts'
import { type ProgramResult, readKubeconfig, run, sheafProgram } from '../kit/server-process.ts'
import { emptyMachine } from '../kit/virtual-machines.ts'
import { virtualMachineDefinition } from '@sheaf/api'

let folder: string
let prefix: string
let dataFolder: string
let installWords: string[]
let supervisor: ChildProcess | undefined
const environment = { ...process.env, SHEAF_ACCEL: 'tcg' }

const installed = (...words: string[]): Promise<ProgramResult> => run(join(prefix, 'bin', 'sheaf'), words, environment)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sheaf-install-'))
  prefix = join(folder, 'opt')
  dataFolder = join(folder, 'data')
  installWords = ['install', '--prefix', prefix, '--data', dataFolder, '--port', String(await freePort()), '--no-service']
})

afterAll(async () => {
  supervisor?.kill('SIGKILL')
  if (existsSync(dataFolder)) await endMachineProcesses(dataFolder)
  rmSync(folder, { recursive: true, force: true })
})

async function supervise(): Promise<void> {
  supervisor = spawn(join(prefix, 'bin', 'sheaf'), ['supervise'], { env: environment, stdio: 'ignore' })
  const kubeconfig = join(dataFolder, 'kubeconfig')
  await eventually('the server answers', async () => {
    const fetch = httpsFetch(readKubeconfig(kubeconfig))
    return (await fetch({ method: 'GET', path: '/readyz', headers: {} })).status === 200
  })
}

test('UP1 a folder of something else is refused, and nothing is put there', async () => {
  mkdirSync(prefix)
  writeFileSync(join(prefix, 'thesis.txt'), '')
  const { code, stderr } = await run(sheafProgram, installWords, environment)
  expect(code).toBe(1)
  expect(stderr).toContain('holds something else (thesis.txt)')
  expect(existsSync(join(prefix, 'releases'))).toBe(false)
  rmSync(prefix, { recursive: true })
})

test('UP1 UP2 what is installed runs by itself, and tells which release it is', async () => {
  const { code, stdout, stderr } = await run(sheafProgram, installWords, environment)
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toContain(`Start it in the foreground with: ${prefix}/bin/sheaf supervise`)
  await supervise()
  const version = JSON.parse((await installed('version', '-o', 'json')).stdout) as object
  expect(version).toMatchObject({ client: { version: '0.1.0' }, server: { version: '0.1.0', supervisorVersion: '1.0.0' } })
  const { code: refused, stderr: why } = await installed('upgrade', 'rollback')
  expect([refused, why]).toEqual([1, expect.stringContaining('0.1.0 is the first release that was installed here')])
})

test('UP1 installing again mends what is missing and keeps what was chosen', async () => {
  const program = readFileSync(join(prefix, 'bin', 'sheaf'), 'utf8')
  rmSync(join(prefix, 'bin'), { recursive: true })
  rmSync(join(prefix, 'releases', '0.1.0', 'dist', 'cli.mjs'))
  const { stdout } = await run(sheafProgram, installWords, environment)
  expect(stdout).toContain('Sheaf 0.1.0 was installed already, and is whole')
  expect(readFileSync(join(prefix, 'bin', 'sheaf'), 'utf8')).toBe(program)
  expect((await installed('status')).code).toBe(0)
})

test('UP23 a second supervisor of the same folder ends and says why', async () => {
  const { code, stderr } = await installed('supervise')
  expect(code).toBe(1)
  expect(stderr).toContain(`another supervisor runs ${prefix} already: process ${supervisor?.pid}`)
})

test('UP4 while guests run it is not uninstalled; down ends the supervisor too, and then it is, with its data when asked', async () => {
  const client = createClient({ fetch: httpsFetch(readKubeconfig(join(dataFolder, 'kubeconfig'))), userAgent: 'sheaf-e2e' })
  await client.resource(virtualMachineDefinition).create(emptyMachine('guest', 'Once'))
  await eventually('it runs', () => machineProcesses(dataFolder).length === 1)
  const refused = await installed('uninstall')
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('1 guest(s) run. Shut them down first')])

  const ended = new Promise((resolve) => supervisor?.once('exit', resolve))
  // It has no system that would hear the power button.
  await endMachineProcesses(dataFolder)
  expect((await installed('down')).code).toBe(0)
  await ended

  symlinkSync('/', join(dataFolder, 'not-ours'))
  const { code, stdout } = await installed('uninstall', '--purge')
  expect([code, stdout]).toEqual([0, `Sheaf is gone from ${prefix}.\nSo is its data from ${dataFolder}.\n`])
  expect(existsSync(prefix)).toBe(false)
  expect(existsSync(join(dataFolder, 'not-ours'))).toBe(true)
  expect(existsSync(join(dataFolder, 'store'))).toBe(false)
})
