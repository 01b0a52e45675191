// The serial console of a running machine as a stream that begins with what the guest printed lately. That is read from
// the log which QEMU itself keeps, so it is there after a restart of whoever looks.

import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import type { Attachment } from './attachment.ts'
import { consoleHistoryBytes, joinHistory } from './console-history.ts'
import { ConsoleBusy } from './hypervisor.ts'
import { pause } from './process.ts'
import { fileNames } from './state-files.ts'
import { openSocketPath, readTailOf } from './state-folder.ts'

/** QEMU notices within a millisecond that a client came or left; a busy host takes longer. */
const noticeDeadlineMs = 1_000
const noticePauseMs = 2

/**
 * QEMU serves one client and lets a second wait in silence, so it is asked first whether somebody is there: also
 * a client of another program counts. Throws ConsoleBusy.
 */
export async function connectSerial(id: string, folder: string, attachment: Attachment): Promise<Socket> {
  if (!(await noticed(attachment, 'nobody'))) throw new ConsoleBusy(id)
  const log = join(folder, fileNames.serialLog)
  const { size: sizeBefore } = await readTailOf(log, 0)
  const socket = await connectTo(folder, fileNames.serialSocket)
  try {
    await noticed(attachment, 'somebody')
    const { bytes, size } = await readTailOf(log, consoleHistoryBytes)
    // QEMU writes to its client first and to the log after: what stands in the log has reached us, or does in this turn.
    await attachment.execute('query-chardev')
    await new Promise((resolve) => setImmediate(resolve))
    const live = (socket.read() as Buffer | null) ?? Buffer.alloc(0)
    socket.unshift(joinHistory(bytes, Math.max(0, size - sizeBefore), live))
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  }
}

async function noticed(attachment: Attachment, who: 'nobody' | 'somebody'): Promise<boolean> {
  const deadline = performance.now() + noticeDeadlineMs
  for (;;) {
    const devices = await attachment.execute('query-chardev')
    const serial = devices.find((device) => device.label === 'serial')
    if (serial?.filename.startsWith('disconnected:') === (who === 'nobody')) return true
    if (performance.now() > deadline) return false
    await pause(noticePauseMs)
  }
}

/** A connection to one of the sockets in a machine's folder. */
export async function connectTo(folder: string, name: string): Promise<Socket> {
  await using named = await openSocketPath(folder, name)
  const socket = connect({ path: named.path, allowHalfOpen: false })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => {}) // What ends the connection ends the stream, and `close` tells.
  return socket
}
