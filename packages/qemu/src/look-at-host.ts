// What the operating system tells of the host's capabilities.

import { readdir, readFile, stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { askEmulator } from './ask-emulator.ts'
import type { Capabilities, EmulatorCapabilities } from './capabilities.ts'
import { findProgram } from './find-program.ts'

const hugepagesFolder = '/sys/kernel/mm/hugepages'

export async function lookAtHost(swtpm: string): Promise<Pick<Capabilities, 'processors' | 'hasTpmEmulator' | 'hugepages'>> {
  return {
    processors: availableParallelism(),
    hasTpmEmulator: (await findProgram(swtpm)) !== undefined,
    hugepages: await readHugepages(),
  }
}

/** Folders are named `hugepages-2048kB`. A kernel without huge pages has none. */
async function readHugepages(): Promise<Capabilities['hugepages']> {
  const names = await readdir(hugepagesFolder).catch(() => [])
  const entries = await Promise.all(
    names.map(async (name) => {
      const read = async (file: string): Promise<number> => Number(await readFile(join(hugepagesFolder, name, file), 'utf8'))
      const [total, free, reserved] = await Promise.all([read('nr_hugepages'), read('free_hugepages'), read('resv_hugepages')])
      return [Number(/\d+/.exec(name)?.[0] ?? 0) * 1024, { total, free: free - reserved }] as const
    }),
  )
  return new Map(entries)
}

/** QEMU is asked once, and again when its program is another one. */
export class EmulatorKnowledge {
  #known: { key: string; answer: Promise<EmulatorCapabilities> } | undefined

  /** Throws when QEMU cannot be asked. */
  async of(qemu: string, accelerator: 'kvm' | 'tcg'): Promise<EmulatorCapabilities> {
    const path = await findProgram(qemu)
    if (path === undefined) throw new Error(`the program ${qemu} is not installed`)
    const key = `${path} ${(await stat(path)).mtimeMs} ${accelerator}`
    if (this.#known?.key !== key) this.#known = { key, answer: askEmulator(path, accelerator) }
    const { answer } = this.#known
    return answer.catch((error: unknown) => {
      if (this.#known?.answer === answer) this.#known = undefined
      throw error
    })
  }
}
