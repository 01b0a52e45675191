// From a prepared state folder to a QEMU that answers, or to its refusal.

import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { diskFile } from './argv/disks.ts'
import { type ChosenForward, hostForwardRule } from './argv/network.ts'
import { qemuArguments } from './argv.ts'
import { type Attachment, attach } from './attachment.ts'
import type { FirmwareFiles } from './firmware.ts'
import { chooseForwards, portInUse } from './host-ports.ts'
import type { LaunchPlan } from './launch-plan.ts'
import { endProcess, spawnDetached } from './process.ts'
import { identifyProcess, type ProcessIdentity, scanByPidFile } from './process-identity.ts'
import { fileNames } from './state-files.ts'
import { readLastWords, readRecord, writeRecord } from './state-folder.ts'
import { startTpm } from './tpm-emulator.ts'

export interface StartOptions {
  plan: LaunchPlan
  folder: string
  qemu: string
  swtpm: string
  accelerator: 'kvm' | 'tcg'
  firmware: FirmwareFiles | undefined
  now: () => Date
  onNews: () => void
}

export type StartOutcome = { kind: 'answers'; attachment: Attachment } | { kind: 'refused'; lastWords: string }

/** QEMU is up in 30 ms; what takes a thousand times as long will not come. */
const startDeadlineMs = 30_000

/** Each try chooses other ports, and a port is rarely taken in the milliseconds between. */
const maxPortTries = 5

/** Throws LaunchRefused `PortInUse` when a port that the plan insists on is taken. */
export async function startQemu(options: StartOptions): Promise<StartOutcome> {
  let previous = (await readRecord(options.folder))?.forwards ?? []
  for (let tries = 1; ; tries += 1) {
    const forwards = await chooseForwards(options.plan, previous)
    await writeRecord(options.folder, 'forwards', forwards)
    const outcome = await startOnce(options, forwards)
    if (outcome.kind === 'answers') return outcome
    const taken = takenForward(outcome.lastWords, forwards)
    if (taken === undefined) return outcome
    if (tries === maxPortTries || isFixed(options.plan, taken)) throw portInUse(taken.hostAddress, taken.hostPort, taken.name)
    previous = []
  }
}

async function startOnce(options: StartOptions, forwards: readonly ChosenForward[]): Promise<StartOutcome> {
  const { plan, folder, accelerator, firmware } = options
  const hostBlockSizes = await readHostBlockSizes(plan, folder)
  const args = qemuArguments(plan, {
    folder,
    accelerator,
    forwards,
    hostBlockSizes,
    startsAt: options.now(),
    ...(firmware && { firmware }),
  })
  if (plan.tpm !== undefined) await startTpm(options.swtpm, folder)
  const spawned = await spawnDetached(options.qemu, args, folder, join(folder, fileNames.qemuLog))
  const identity = await identifyProcess(spawned.pid)
  const attachment = identity && (await attachOrEnd(options, identity))
  if (attachment !== undefined) return { kind: 'answers', attachment }
  await spawned.ended
  const lastWords = await readLastWords(folder)
  const other = isHeldByAnother(lastWords) ? await attachToOther(options) : undefined
  return other === undefined ? { kind: 'refused', lastWords } : { kind: 'answers', attachment: other }
}

/** Of the file systems that hold the files as they lie, whatever is below them. */
async function readHostBlockSizes(plan: LaunchPlan, folder: string): Promise<Map<string, number>> {
  const disks = plan.disks.filter((disk) => disk.blockSize === 'host')
  return new Map(
    await Promise.all(disks.map(async (disk) => [disk.name, (await statfs(diskFile(folder, disk).path)).bsize] as const)),
  )
}

async function attachOrEnd(options: StartOptions, process: ProcessIdentity): Promise<Attachment | undefined> {
  try {
    return await attach({ ...options, process, deadlineMs: startDeadlineMs })
  } catch (error) {
    await endProcess(process)
    throw error
  }
}

/** An earlier launch of this machine got further than its launcher lived to see. */
export async function attachToOther(
  options: Omit<StartOptions, 'qemu' | 'swtpm' | 'accelerator' | 'firmware'>,
): Promise<Attachment | undefined> {
  const process = (await scanByPidFile(options.folder)).get(join(options.folder, fileNames.pid))
  return process && attach({ ...options, process, deadlineMs: startDeadlineMs })
}

/** The lock on the pid file is the last guard against two processes for one machine. */
function isHeldByAnother(lastWords: string): boolean {
  return /cannot (create|lock|open) pid file/i.test(lastWords)
}

function takenForward(lastWords: string, forwards: readonly ChosenForward[]): ChosenForward | undefined {
  if (!lastWords.includes('Could not set up host forwarding rule')) return undefined
  return forwards.find((forward) => lastWords.includes(`'${hostForwardRule(forward)}'`))
}

function isFixed(plan: LaunchPlan, { name }: ChosenForward): boolean {
  return plan.interfaces.some((each) => each.forwards.some((forward) => forward.name === name && forward.hostPort !== 'any'))
}
