// The QEMU that is installed now, by which accelerator it runs machines here, and what it can do. It may be replaced while we run.

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { chooseAccelerator } from './accelerator.ts'
import { askEmulator } from './ask-emulator.ts'
import type { EmulatorCapabilities } from './capabilities.ts'
import { findProgram } from './find-program.ts'

type Accelerator = 'kvm' | 'tcg'

export interface InstalledEmulatorOptions {
  /** Holds what was found out about the accelerator. */
  root: string
  qemu: string
  /** Chosen by a probe when not given. */
  accelerator?: Accelerator | (() => Promise<Accelerator>)
}

export class InstalledEmulator {
  readonly #options: InstalledEmulatorOptions
  #accelerator: Promise<Accelerator> | undefined
  #known: { key: string; answer: Promise<EmulatorCapabilities> } | undefined

  constructor(options: InstalledEmulatorOptions) {
    this.#options = options
  }

  async accelerator(): Promise<Accelerator> {
    const { root, qemu, accelerator } = this.#options
    if (typeof accelerator === 'string') return accelerator
    const cacheFile = join(root, 'accelerator.json')
    const probe = () => chooseAccelerator({ cacheFile, qemu }).then(({ kind }) => kind)
    this.#accelerator ??= (accelerator ?? probe)()
    return this.#accelerator.catch((error: unknown) => {
      // QEMU may be installed meanwhile, or the disk have room again.
      this.#accelerator = undefined
      throw error
    })
  }

  /** QEMU is asked once, and again when its program is another one. Throws when it cannot be asked. */
  async capabilities(): Promise<EmulatorCapabilities> {
    const { qemu } = this.#options
    const accelerator = await this.accelerator()
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
