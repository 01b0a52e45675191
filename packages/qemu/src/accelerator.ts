// KVM or emulation: decided by running a tiny guest under both. That /dev/kvm opens proves nothing: nested and restricted hosts
// have one under which guests crawl or hang.

import { execFile } from 'node:child_process'
import { access, constants, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { bootSectorDisk } from './boot-sector.ts'
import { errorCode, readIfThere, writeDurably } from './durable-file.ts'
import { hostBootId } from './process-identity.ts'

export interface AcceleratorChoice {
  kind: 'kvm' | 'tcg'
  reason: string
}

export interface ChooseAcceleratorOptions {
  /** The outcome is kept here for as long as the host is not booted anew and QEMU stays the same. */
  cacheFile: string
  qemu?: string
  /** Takes this one without a probe. */
  force?: 'kvm' | 'tcg'
  kvmDevice?: string
}

const run = promisify(execFile)

/**
 *   mov cx, 2000
 *   in al, 80h          ; two thousand visits to the hypervisor
 *   loop $-2
 *   mov dx, 0F4h
 *   mov al, 2Ah
 *   out dx, al          ; QEMU's debug exit: ends QEMU with code 2·2Ah + 1
 *   hlt
 *   jmp $-1
 */
const probeCode = Buffer.from('b9d007e480e2fcbaf400b02aeef4ebfd', 'hex')
const probeExitCode = 0x2a * 2 + 1

/** Emulation does this in a tenth of a second; where even that takes longer the host is dead slow. */
const tcgDeadlineMs = 10_000
/** KVM is to be as fast as emulation. It gets ten times as long, for a busy host, between these bounds. */
const kvmPatience = { factor: 10, leastMs: 1_500, mostMs: 3_000 }

export async function chooseAccelerator(options: ChooseAcceleratorOptions): Promise<AcceleratorChoice> {
  if (options.force !== undefined) return { kind: options.force, reason: 'asked for' }
  const qemu = options.qemu ?? 'qemu-system-x86_64'
  const key = `${await hostBootId()} ${(await run(qemu, ['--version'])).stdout.split('\n')[0] ?? ''}`
  const cached = parseCache(await readIfThere(options.cacheFile))
  if (cached?.key === key) return cached.choice
  const choice = await probe(qemu, options.kvmDevice ?? '/dev/kvm')
  await writeDurably(options.cacheFile, `${JSON.stringify({ key, choice }, null, 2)}\n`)
  return choice
}

/** A cache that cannot be read is none. */
function parseCache(text: string | undefined): { key: string; choice: AcceleratorChoice } | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as { key: string; choice: AcceleratorChoice })
  } catch {
    return undefined
  }
}

async function probe(qemu: string, kvmDevice: string): Promise<AcceleratorChoice> {
  const obstacle = await obstacleToKvm(kvmDevice)
  if (obstacle !== undefined) return { kind: 'tcg', reason: obstacle }
  const folder = await mkdtemp(join(tmpdir(), 'sheaf-probe-'))
  try {
    const disk = join(folder, 'disk.img')
    await writeFile(disk, bootSectorDisk(probeCode))
    const emulated = await bootProbe(qemu, 'tcg', disk, tcgDeadlineMs)
    const allowedMs = Math.min(Math.max(emulated.tookMs * kvmPatience.factor, kvmPatience.leastMs), kvmPatience.mostMs)
    return judgeProbe(emulated, await bootProbe(qemu, 'kvm', disk, allowedMs), allowedMs)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function obstacleToKvm(kvmDevice: string): Promise<string | undefined> {
  try {
    await access(kvmDevice, constants.R_OK | constants.W_OK)
    return undefined
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? `there is no ${kvmDevice}` : `${kvmDevice} may not be opened by this user`
  }
}

interface ProbeRun {
  outcome: 'finished' | 'too-slow' | 'failed'
  tookMs: number
  words: string
}

async function bootProbe(qemu: string, accelerator: 'kvm' | 'tcg', disk: string, timeoutMs: number): Promise<ProbeRun> {
  const args = ['-nodefaults', '-no-user-config', '-display', 'none', '-machine', 'q35', '-accel', accelerator, '-m', '16M']
  const devices = ['-device', 'isa-debug-exit,iobase=0xf4,iosize=1', '-device', 'virtio-blk-pci,drive=disk']
  const drive = ['-blockdev', `driver=raw,node-name=disk,read-only=on,file.driver=file,file.filename=${disk}`]
  const begin = performance.now()
  const ended = await run(qemu, [...args, ...drive, ...devices], { timeout: timeoutMs, killSignal: 'SIGKILL' }).catch(
    (error: unknown) => error,
  )
  const tookMs = Math.round(performance.now() - begin)
  const { code, killed, stderr } = ended as { code?: unknown; killed?: boolean; stderr?: string }
  return {
    outcome: code === probeExitCode ? 'finished' : killed === true ? 'too-slow' : 'failed',
    tookMs,
    words: (stderr ?? '').trim(),
  }
}

/** Pure, so that every outcome can be shown. */
export function judgeProbe(emulated: Pick<ProbeRun, 'tookMs'>, kvm: ProbeRun, allowedMs: number): AcceleratorChoice {
  switch (kvm.outcome) {
    case 'finished':
      return { kind: 'kvm', reason: `a test guest ran under KVM in ${kvm.tookMs} ms` }
    case 'too-slow':
      return {
        kind: 'tcg',
        reason: `/dev/kvm is there, yet a test guest that takes ${emulated.tookMs} ms under emulation did not finish under KVM within ${Math.round(allowedMs)} ms`,
      }
    case 'failed':
      return { kind: 'tcg', reason: `/dev/kvm is there, yet QEMU could not use it: ${kvm.words || 'it said nothing'}` }
  }
}
