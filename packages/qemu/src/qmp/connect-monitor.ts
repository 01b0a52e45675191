// A conversation with the QEMU of a process that has just been started, or was left by another.

import { pause } from '../process.ts'
import { isAlive, type ProcessIdentity } from '../process-identity.ts'
import { fileNames } from '../state-files.ts'
import { openSocketPath } from '../state-folder.ts'
import { connectQmp, type QmpClient, QmpClosed, type QmpOptions } from './client.ts'

export interface MonitorOptions extends Pick<QmpOptions, 'record'> {
  /** In which its sockets lie. */
  folder: string
  process: ProcessIdentity
  /** How long to try. */
  deadlineMs: number
}

/** QEMU listens about 30 ms after its start. */
const connectPauseMs = 3

/** Undefined when the process has ended. Throws when it neither answers nor ends before the deadline. */
export async function connectMonitor({
  folder,
  process,
  deadlineMs,
  record = () => {},
}: MonitorOptions): Promise<QmpClient | undefined> {
  const deadline = performance.now() + deadlineMs
  for (;;) {
    try {
      await using socket = await openSocketPath(folder, fileNames.qmpSocket)
      return await connectQmp(socket.path, { timeoutMs: deadlineMs, record })
    } catch (error) {
      if (!(await isAlive(process))) return undefined
      // Nobody listens yet. Anything else is no reason to knock again: QEMU would let a second caller wait for the first.
      if (!(error instanceof QmpClosed)) throw error
      if (performance.now() > deadline)
        throw new Error(`QEMU (process ${process.pid}) in ${folder} does not answer on its monitor`, { cause: error })
      await pause(connectPauseMs)
    }
  }
}
