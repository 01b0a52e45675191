// Starting a QEMU that outlives us, and ending one.

import { spawn } from 'node:child_process'
import { closeSync, ftruncateSync, openSync } from 'node:fs'
import { errorCode } from './durable-file.ts'
import { LaunchRefused } from './hypervisor.ts'
import { isAlive, type ProcessIdentity } from './process-identity.ts'

export interface SpawnedProcess {
  pid: number
  /** Resolves when it has ended, if that happens while we live. */
  ended: Promise<void>
}

/** In a session of its own, so that no signal meant for us reaches it, with its standard error in a file that begins anew. */
export function spawnDetached(
  program: string,
  args: readonly string[],
  folder: string,
  stderrPath: string,
): Promise<SpawnedProcess> {
  const stderr = openSync(stderrPath, 'a')
  ftruncateSync(stderr)
  const child = spawn(program, args, { cwd: folder, detached: true, stdio: ['ignore', 'ignore', stderr] })
  closeSync(stderr)
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(spawnRefusal(program, error)))
    child.once('spawn', () => {
      child.unref()
      if (child.pid !== undefined) resolve({ pid: child.pid, ended })
    })
  })
}

function spawnRefusal(program: string, error: Error): Error {
  if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'EACCES') return error
  return new LaunchRefused('QemuMissing', `the program ${program} cannot be run: install QEMU's system emulator for x86`, {
    cause: error,
  })
}

/** Flushing a disk's cache may take a moment; a QEMU that takes longer than this does not listen any more. */
const quitDeadlineMs = 3_000
const termDeadlineMs = 2_000
/** After SIGKILL only the kernel can hold a process up, when a disk does not answer. */
const killDeadlineMs = 10_000

/** Ends a process: asked by `quit`, then told, then forced. Resolves when it is gone. */
export async function endProcess(identity: ProcessIdentity, quit?: () => Promise<unknown>): Promise<void> {
  if (quit !== undefined) {
    quit().catch(() => {}) // The next means will do.
    if (await isGoneWithin(identity, quitDeadlineMs)) return
  }
  await signal(identity, 'SIGTERM')
  if (await isGoneWithin(identity, termDeadlineMs)) return
  await signal(identity, 'SIGKILL')
  if (await isGoneWithin(identity, killDeadlineMs)) return
  throw new Error(`process ${identity.pid} is still there ${killDeadlineMs} ms after SIGKILL: a disk or a device does not answer`)
}

async function signal(identity: ProcessIdentity, name: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (!(await isAlive(identity))) return
  try {
    process.kill(identity.pid, name)
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error
  }
}

/** A process that is not our child can only be looked at again and again; the pauses grow from 2 to 50 ms. */
export async function isGoneWithin(identity: ProcessIdentity, deadlineMs: number): Promise<boolean> {
  const deadline = performance.now() + deadlineMs
  for (let pauseMs = 2; await isAlive(identity); pauseMs = Math.min(pauseMs * 2, 50)) {
    if (performance.now() > deadline) return false
    await pause(pauseMs)
  }
  return true
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
