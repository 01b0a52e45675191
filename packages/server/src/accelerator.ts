// Which accelerator machines get: chosen while everything else starts.

import { errorChain, type Log } from '@sheaf/machinery/controller'
import { type AcceleratorChoice, chooseAccelerator } from '@sheaf/qemu'
import type { DataFolder } from './data-folder.ts'
import type { ServerOptions } from './options.ts'

export interface Accelerator {
  /** The first call waits for what was begun at the start; a later one, after a failure, tries anew. */
  choose: () => Promise<AcceleratorChoice['kind']>
  /** False until it is known. */
  isKvm: () => boolean
}

export function acceleratorOf(options: Pick<ServerOptions, 'accelerator'>, folder: DataFolder, log: Log): Accelerator {
  const force = options.accelerator === undefined ? {} : { force: options.accelerator }
  let isKvm = false
  const attempt = async (): Promise<AcceleratorChoice['kind']> => {
    const { kind, reason } = await chooseAccelerator({ cacheFile: folder.accelerator, ...force })
    isKvm = kind === 'kvm'
    log.info({ accelerator: kind, reason }, 'accelerator chosen')
    return kind
  }
  let early: Promise<AcceleratorChoice['kind']> | undefined = attempt()
  // Said again, with the way out, by each launch.
  early.catch((error: unknown) => log.warn({ error: errorChain(error) }, 'no accelerator could be chosen'))
  return {
    choose() {
      const mine = early ?? attempt()
      early = undefined
      return mine
    },
    isKvm: () => isKvm,
  }
}
