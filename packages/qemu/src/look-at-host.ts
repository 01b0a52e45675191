// What the operating system tells of the host's capabilities.

import { readdir, readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Capabilities } from './capabilities.ts'
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
