// The TPM of a machine: a process of its own beside QEMU, detached like it. It ends by itself when QEMU lets go of it, so
// it needs nobody to look after it; one that QEMU never came to is found by its folder and ended.

import { mkdir, readdir, readFile, readlink, realpath, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { endProcess, isGoneWithin, pause, spawnDetached } from './process.ts'
import { identifyProcess, isAlive, type ProcessIdentity } from './process-identity.ts'
import { fileNames } from './state-files.ts'

/** It listens within some milliseconds; making a new TPM takes it a tenth of a second. */
const startDeadlineMs = 10_000
const startPauseMs = 3
/** How long it may take to notice that QEMU has gone. */
const leaveDeadlineMs = 1_000

const socketArgument = `type=unixio,path=${fileNames.tpmSocket},mode=0600`

/** Resolves when QEMU may connect. Ends the one of an earlier try first. Its folder for the TPM's memory is there already, or made. */
export async function startTpm(swtpm: string, folder: string): Promise<void> {
  await endTpm(folder)
  await rm(join(folder, fileNames.tpmSocket), { force: true })
  await mkdir(join(folder, fileNames.tpmState), { recursive: true, mode: 0o700 })
  // All names are short ones in its working directory: in its own notation a comma in a path could not be written.
  const args = ['socket', '--tpm2', '--tpmstate', `dir=${fileNames.tpmState}`, '--ctrl', socketArgument, '--terminate']
  const logPath = join(folder, fileNames.tpmLog)
  const { pid } = await spawnDetached(swtpm, args, folder, logPath)
  const identity = await identifyProcess(pid)
  const deadline = performance.now() + startDeadlineMs
  while (!(await readdir(folder)).includes(fileNames.tpmSocket)) {
    if (identity === undefined || !(await isAlive(identity)) || performance.now() > deadline)
      throw new Error(`the TPM emulator ${swtpm} did not start: ${await lastWords(logPath)}`)
    await pause(startPauseMs)
  }
}

async function lastWords(logPath: string): Promise<string> {
  return (await readFile(logPath, 'utf8').catch(() => '')).trim() || 'it said nothing'
}

/** Resolves when no TPM of this machine is left. One whose QEMU has just gone is given time to write down what it knows. */
export async function endTpm(folder: string): Promise<void> {
  for (const identity of await findTpms(folder)) {
    if (!(await isGoneWithin(identity, leaveDeadlineMs))) await endProcess(identity)
  }
}

/** By what they were told and where they were started: also one of which nobody lived to note the pid. */
async function findTpms(folder: string): Promise<ProcessIdentity[]> {
  const home = await realpath(folder).catch(() => folder)
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const found = await Promise.all(
    pids.map(async (pid) => {
      const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0')
      if (!basename(words[0] ?? '').startsWith('swtpm') || !words.includes(socketArgument)) return undefined
      const place = await readlink(`/proc/${pid}/cwd`).catch(() => undefined)
      return place === home ? identifyProcess(pid) : undefined
    }),
  )
  return found.filter((identity) => identity !== undefined)
}
