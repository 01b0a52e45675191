// docs/spec/certificates.md: a real server whose certificates end, kubectl before it, and a guest that notices nothing.

import { copyFileSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { configMapDefinition, type Version, versionDefinition } from '@sheaf/api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensureCredentials } from '../../packages/server/src/credentials.ts'
import { eventually } from '../kit/eventually.ts'
import { findKubectls, type KubectlSession, kubectlSession } from '../kit/kubectl.ts'
import { machineProcesses } from '../kit/machine-processes.ts'
import { type ServerProcess, startServerProcess } from '../kit/server-process.ts'
import { guestMachine, virtualMachines } from '../kit/virtual-machines.ts'

const day = 24 * 3600 * 1000
let server: ServerProcess
let kubectl: KubectlSession
const sessions: KubectlSession[] = []
const pids = (): number[] => machineProcesses(server.dataFolder).map(({ pid }) => pid)

async function session(kubeconfig: string): Promise<KubectlSession> {
  const program = (await findKubectls()).at(-1)
  if (program === undefined) throw new Error('there is no kubectl')
  const made = kubectlSession(program, { kubeconfig, dataFolder: server.dataFolder }, 'default')
  sessions.push(made)
  return made
}

beforeAll(async () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'sheaf-e2e-'))
  const credentials = join(dataFolder, 'credentials')
  mkdirSync(credentials)
  // The authority has sixty days left, and what the server shows ended years ago.
  await ensureCredentials(credentials, Date.now() - (3650 - 60) * day)
  server = await startServerProcess({ dataFolder })
  kubectl = await session(server.kubeconfig)
  await server.client.resource<Version>(versionDefinition).create({
    apiVersion: 'harvesterhci.io/v1beta1',
    kind: 'Version',
    metadata: { name: '9.9.9', namespace: 'harvester-system' },
    spec: { isoURL: 'https://download.example/sheaf-9.9.9.iso' },
  })
  await virtualMachines(server).create(guestMachine('one', 'Always'))
  await eventually('a guest runs', () => pids().length === 1)
}, 120_000)

afterAll(async () => {
  for (const each of sessions) each.dispose()
  await server?.dispose()
})

interface Check {
  id: string
  verdict: string
  why: string
}

async function preflight(...flags: string[]): Promise<Check | undefined> {
  const { stdout } = await server.sheaf('upgrade', 'preflight', '--version', '9.9.9', '-o', 'json', ...flags)
  return (JSON.parse(stdout) as { checks: Check[] }).checks.find(({ id }) => id === 'certificates')
}

const configMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } })

test('CE4 a server whose certificate has ended starts, and kubectl works', async () => {
  expect(await kubectl.ok('get', 'vm')).toContain('one')
  expect(server.log()).not.toContain('cannot be renewed')
})

test('CE3 CE8 --fix renews the authority: a watch goes on, and so do those who have the old kubeconfig', async () => {
  const copy = join(server.dataFolder, 'kubeconfig.copy')
  copyFileSync(server.kubeconfig, copy)
  const elsewhere = await session(copy)
  const watch = kubectl.follow('get', 'configmaps', '--watch')
  const before = pids()
  expect(await preflight()).toMatchObject({ verdict: 'warn', why: expect.stringMatching(/authority ends in \d+ days/) })
  expect(await preflight('--fix')).toMatchObject({ verdict: 'pass' })
  await server.client.resource(configMapDefinition).create(configMap('after'))
  await eventually('the watch tells', () => watch.lines().some((line) => line.startsWith('after')))
  await watch.stop()
  expect(await elsewhere.ok('get', 'configmaps')).toContain('after')
  expect(await kubectl.ok('get', 'configmaps')).toContain('after')
  expect(pids()).toEqual(before)
})

test('CE4 a guest does not notice that the certificate ended while no server ran', async () => {
  const before = pids()
  await server.kill('SIGTERM')
  await ensureCredentials(join(server.dataFolder, 'credentials'), Date.now() - 3 * 365 * day)
  await server.start()
  expect(await kubectl.ok('get', 'vm')).toContain('one')
  expect(pids()).toEqual(before)
})
