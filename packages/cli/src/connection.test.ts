import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { stringify } from 'yaml'
import { connectTo } from './connection.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sheaf-connection-'))
  vi.stubEnv('SHEAF_DATA', folder)
  vi.stubEnv('KUBECONFIG', '')
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

function write(file: string, name: string): string {
  const path = join(folder, file)
  const config = {
    'current-context': name,
    clusters: [{ name, cluster: { server: `https://${name}:6443` } }],
    contexts: [{ name, context: { cluster: name } }],
  }
  writeFileSync(path, stringify(config))
  return path
}

const hostOf = (options: Parameters<typeof connectTo>[0]): string => connectTo(options).server.hostname

test('the kubeconfig that is named goes before KUBECONFIG, and that before the one of the data folder', () => {
  write('kubeconfig', 'own')
  const [one, two] = [write('one', 'one'), write('two', 'two')]
  expect(hostOf({})).toBe('own')
  vi.stubEnv('KUBECONFIG', [join(folder, 'missing'), one, two].join(delimiter))
  expect(hostOf({})).toBe('one')
  expect(hostOf({ context: 'two' })).toBe('two')
  expect(hostOf({ kubeconfig: two })).toBe('two')
})

test('a kubeconfig that is not there, or leads nowhere, is misuse and says what would work', () => {
  const refusal = (options: Parameters<typeof connectTo>[0]): unknown => {
    try {
      return connectTo(options)
    } catch (error) {
      return error
    }
  }
  expect(refusal({ kubeconfig: join(folder, 'missing') })).toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('ENOENT'),
  })
  expect(refusal({ kubeconfig: write('one', 'one'), context: 'two' })).toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('no context "two". It has: one'),
  })
  vi.stubEnv('KUBECONFIG', join(folder, 'missing'))
  expect(refusal({})).toMatchObject({ exitCode: 2, message: expect.stringContaining('KUBECONFIG names no file that exists') })
})
