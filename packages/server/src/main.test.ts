import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished, vi } from 'vitest'

it('a server whose log nobody reads any more goes on, and ends when it is asked to', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sheaf-main-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const main = fileURLToPath(new URL('./main.ts', import.meta.url))
  const args = [main, 'serve', '--data', folder, '--port', '0']
  const server = spawn(process.execPath, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, SHEAF_ACCEL: 'tcg' },
  })
  onTestFinished(() => void server.kill('SIGKILL'))
  server.stderr.destroy()
  const ended = once(server, 'exit')
  await vi.waitFor(() => stat(join(folder, 'kubeconfig')), { timeout: 20_000, interval: 100 })
  server.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
})
