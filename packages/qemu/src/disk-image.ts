// qemu-img: making the images of a machine, and saying in its own words why it could not.

import { execFile } from 'node:child_process'
import { rename, rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import { errorCode } from './durable-file.ts'
import { findProgram } from './find-program.ts'
import { LaunchRefused } from './hypervisor.ts'

const run = promisify(execFile)

export interface ImageInfo {
  format: string
  virtualSizeBytes: number
  actualSizeBytes: number
  backingFile?: string
}

/** A qcow2 image whose unwritten parts are read from the backing file, which is never written. */
export async function createOverlay(
  path: string,
  backing: { file: string; format: 'qcow2' | 'raw' },
  qemuImg = 'qemu-img',
): Promise<void> {
  await create(path, ['-b', backing.file, '-F', backing.format], [], qemuImg)
}

/** An empty qcow2 image. It takes room only as the guest writes. */
export async function createEmpty(path: string, sizeBytes: number, qemuImg = 'qemu-img'): Promise<void> {
  await create(path, [], [String(sizeBytes)], qemuImg)
}

/** Looks at an image, also while a machine has it open. */
export async function imageInfo(path: string, qemuImg = 'qemu-img'): Promise<ImageInfo> {
  const { stdout } = await runQemuImg(['info', '--force-share', '--output=json', path], `look at ${path}`, qemuImg)
  const info = JSON.parse(stdout) as Record<string, unknown>
  const backing = info['full-backing-filename']
  return {
    format: String(info['format']),
    virtualSizeBytes: Number(info['virtual-size']),
    actualSizeBytes: Number(info['actual-size']),
    ...(typeof backing === 'string' ? { backingFile: backing } : {}),
  }
}

/** Under another name first: an image that is there is a whole one. */
async function create(path: string, options: string[], size: string[], qemuImg: string): Promise<void> {
  const unfinished = `${path}.unfinished`
  try {
    await runQemuImg(['create', '-q', '-f', 'qcow2', ...options, unfinished, ...size], `create ${path}`, qemuImg)
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
}

/** An image may come from a stranger and be made to keep its reader busy. What we ask for takes a moment and little memory. */
const qemuImgLimits = { timeoutMs: 60_000, cpuSeconds: 30, memoryBytes: 2 ** 30, outputBytes: 1024 * 1024 } as const

async function runQemuImg(args: string[], what: string, qemuImg: string): Promise<{ stdout: string }> {
  const { timeoutMs, cpuSeconds, memoryBytes, outputBytes } = qemuImgLimits
  const prlimit = await findProgram('prlimit')
  const command = [...(prlimit === undefined ? [] : [prlimit, `--cpu=${cpuSeconds}`, `--as=${memoryBytes}`]), qemuImg, ...args]
  try {
    return await run(command[0] ?? qemuImg, command.slice(1), {
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: outputBytes,
    })
  } catch (error) {
    throw refusal(error, what)
  }
}

function refusal(error: unknown, what: string): LaunchRefused {
  if (errorCode(error) === 'ENOENT')
    return new LaunchRefused('QemuMissing', `cannot ${what}: the program qemu-img is not installed`, { cause: error })
  const words = qemuImgWords(error)
  if (words.startsWith('prlimit: failed to execute'))
    return new LaunchRefused('QemuMissing', `cannot ${what}: the program qemu-img is not installed`, { cause: error })
  if (/no space left on device/i.test(words))
    return new LaunchRefused('NoSpace', `cannot ${what}: ${words}. Free some room or move the data folder to a larger disk.`, {
      cause: error,
    })
  if (/no such file or directory/i.test(words))
    return new LaunchRefused('ImageNotFound', `cannot ${what}: ${words}`, { cause: error })
  return new LaunchRefused('InvalidPlan', `cannot ${what}: ${words}`, { cause: error })
}

function qemuImgWords(error: unknown): string {
  const stderr = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr).trim() : ''
  return stderr.replace(/^qemu-img: /gm, '') || (error instanceof Error ? error.message : String(error))
}
