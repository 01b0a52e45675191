// docs/spec/upgrade.md: what the host serves when the guest does not.

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { serveIso } from './serve-iso.ts'

let folder: string
let served: Awaited<ReturnType<typeof serveIso>>
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sheaf-iso-'))
  mkdirSync(join(folder, 'tree', 'deep'), { recursive: true })
  writeFileSync(join(folder, 'tree', 'harvester-release.yaml'), 'harvester: 1.1.0\n')
  writeFileSync(join(folder, 'tree', 'deep', 'payload'), 'x'.repeat(100_000))
  const iso = join(folder, 'release.iso')
  execFileSync('xorriso', ['-as', 'mkisofs', '-quiet', '-R', '-o', iso, join(folder, 'tree')])
  served = await serveIso(iso)
})
afterAll(async () => {
  await served.close()
  rmSync(folder, { recursive: true })
})

it('UP79 gives the files below /harvester-iso, on the loopback address', async () => {
  expect(served.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/harvester-iso$/)
  const release = await fetch(`${served.url}/harvester-release.yaml`)
  expect([release.status, await release.text()]).toEqual([200, 'harvester: 1.1.0\n'])
  const payload = await fetch(`${served.url}/deep/payload`)
  expect([payload.headers.get('content-length'), (await payload.text()).length]).toEqual(['100000', 100_000])
  expect((await fetch(`${served.url}/deep/payload`, { method: 'HEAD' })).status).toBe(200)
})

it.each(['/nothing', '/deep', '/../etc/passwd', '/%2e%2e/etc/passwd', '/%'])('UP79 gives nothing besides: %s', async (path) => {
  expect((await fetch(`${served.url}${path}`)).status).toBe(404)
})

it('UP79 takes nothing', async () => {
  expect((await fetch(`${served.url}/new`, { method: 'PUT', body: 'x' })).status).toBe(405)
})
