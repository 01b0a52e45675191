import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { acquireInstanceLock, InstanceLocked } from './instance-lock.ts'

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sheaf-lock-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

/** Another process that takes the lock and keeps it. */
async function startHolder(folder: string) {
  const lock = new URL('./instance-lock.ts', import.meta.url).href
  const script = `import { acquireInstanceLock } from '${lock}'
    await acquireInstanceLock(process.argv[1]); console.log('locked'); setInterval(() => {}, 60_000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}

test('ST29 a folder has one holder, and whoever comes second is told who it is', async () => {
  const folder = await temporaryFolder()
  const holder = await startHolder(folder)
  const refusal = await acquireInstanceLock(folder).catch((error: unknown) => error)
  expect(refusal).toBeInstanceOf(InstanceLocked)
  expect(refusal).toMatchObject({ holder: { pid: holder.pid, commandLine: expect.stringContaining(folder) } })
  expect(String(refusal)).toMatch(new RegExp(`${folder} is in use by process ${holder.pid}, since 2.*Stop it first`))
})

test('ST29 kill -9 frees the lock', async () => {
  const folder = await temporaryFolder()
  const holder = await startHolder(folder)
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  const lock = await acquireInstanceLock(folder)
  lock.release()
})

test('ST29 a holder that does not answer still holds', async () => {
  const folder = await temporaryFolder()
  const holder = await startHolder(folder)
  holder.kill('SIGSTOP')
  await expect(acquireInstanceLock(folder)).rejects.toThrow('a process that does not answer')
})

test('ST29 the folder counts, not the path to it, and other folders are free', async () => {
  const folder = await temporaryFolder()
  const link = join(await temporaryFolder(), 'link')
  await symlink(folder, link)
  const lock = await acquireInstanceLock(link)
  await expect(acquireInstanceLock(folder)).rejects.toThrow(InstanceLocked)
  const other = await acquireInstanceLock(await temporaryFolder())
  other.release()
  lock.release()
  const again = await acquireInstanceLock(folder)
  again.release()
})

test('ST29 of many that come at once one gets the lock', async () => {
  const folder = await temporaryFolder()
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => acquireInstanceLock(folder)))
  const locks = results.filter((result) => result.status === 'fulfilled')
  expect(locks).toHaveLength(1)
  for (const { value } of locks) value.release()
})
