// A server that cannot start says why and what would work: exit code 2 when it was misused, 1 when something is in the way.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readKubeconfig, run, type ServerProcess, sheafProgram, startServerProcess } from '../kit/server-process.ts'

let server: ServerProcess
/** Of the servers that must not start. */
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sheaf-e2e-'))
  server = await startServerProcess()
})
afterAll(async () => {
  await server?.dispose()
  rmSync(folder, { recursive: true, force: true })
})

const sheaf = (args: string[], environment: Record<string, string> = {}) =>
  run(sheafProgram, args, { ...process.env, SHEAF_DATA: folder, SHEAF_PORT: '0', SHEAF_ACCEL: 'tcg', ...environment })

test('a second server on the same data folder refuses and says who holds it', async () => {
  const { code, stderr } = await sheaf(['serve'], { SHEAF_DATA: server.dataFolder })
  expect(code).toBe(1)
  expect(stderr).toMatch(
    new RegExp(
      `^sheaf: ${server.dataFolder} is in use by process ${server.pid}, since \\S+: .*serve\\. Stop it first, or use another data folder`,
    ),
  )
  expect((await server.fetch({ method: 'GET', path: '/readyz', headers: {} })).status).toBe(200)
})

test('a port in use is told, with the way out', async () => {
  const { port } = readKubeconfig(server.kubeconfig).server
  expect(await sheaf(['serve', '--port', port])).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining(
      `sheaf: port ${port} is in use by another process. Choose another with --port or SHEAF_PORT; 0 takes any free one.\n`,
    ),
  })
})

const portText = 'give a whole number from 0 (any free port) to 65535 with --port or SHEAF_PORT'
test.each<[args: string[], environment: Record<string, string>, message: string]>([
  [['serve', '--port', 'many'], {}, `"many" is not a port: ${portText}`],
  [['serve'], { SHEAF_PORT: '70000' }, `"70000" is not a port: ${portText}`],
  [['serve', '--prot', '5'], {}, "Unknown option '--prot'"],
  [['serve', 'now'], {}, "Unexpected argument 'now'"],
  [['serve', '--data'], {}, "'--data <value>' argument missing"],
  [['serve', '--log-level', 'loud'], {}, '--log-level must be one of debug, info, warn, error, not "loud"'],
  [['serve'], { SHEAF_LOG: 'loud' }, 'must be one of debug, info, warn, error, not "loud"'],
  [['serve'], { SHEAF_ACCEL: 'xen' }, 'SHEAF_ACCEL must be one of tcg, kvm, not "xen"'],
  [['frobnicate'], {}, "unknown command 'frobnicate'"],
  [['start'], {}, "missing required argument 'vm'"],
  [['start', 'a/b/c'], {}, '"a/b/c" is not the name of a virtual machine. Try: sheaf status'],
  [['status', '-o', 'xml'], {}, 'Allowed choices are text, json'],
])('sheaf %j with %j is misuse: exit code 2, and what would work', async (args, environment, message) => {
  const { code, stdout, stderr } = await sheaf(args, environment)
  expect(stderr).toContain(message)
  expect(stderr).not.toMatch(/^ {4}at /m)
  expect([code, stdout]).toEqual([2, ''])
})

test('a data folder that is none is told in a sentence', async () => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  const { code, stderr } = await sheaf(['serve'], { SHEAF_DATA: file })
  expect(code).toBe(1)
  expect(stderr).toContain(`sheaf: ${file} cannot be the data folder: EEXIST: `)
  expect(stderr).toContain('Name a folder of your own with --data or SHEAF_DATA')
  expect(stderr).not.toMatch(/^ {4}at /m)
})

test('without a server every command says how to start one', async () => {
  for (const args of [['status'], ['start', 'demo'], ['console', 'demo'], ['logs', 'demo'], ['explain', 'demo']]) {
    const { code, stderr } = await sheaf(args)
    expect(stderr).toContain('Start one with: sheaf up')
    expect(code).toBe(1)
  }
})

test('a kubeconfig that is no kubeconfig is told in a sentence', async () => {
  const path = join(folder, 'kubeconfig')
  writeFileSync(path, '{')
  chmodSync(path, 0o600)
  const { code, stderr } = await sheaf(['status'])
  expect(stderr).toContain(`${path} is not as the server wrote it`)
  expect(stderr).toContain('It is written anew at each start: sheaf up')
  expect(stderr).not.toMatch(/^ {4}at /m)
  expect(code).toBe(1)
  rmSync(path)
})
