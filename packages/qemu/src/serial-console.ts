// The serial console of a running machine as a stream.

import { connect, type Socket } from 'node:net'
import type { Attachment } from './attachment.ts'
import { ConsoleBusy } from './hypervisor.ts'
import { fileNames } from './state-files.ts'
import { openSocketPath } from './state-folder.ts'

/**
 * QEMU serves one client and lets a second wait in silence, so it is asked first whether somebody is there: also
 * a client of another program counts.
 */
export async function connectSerial(id: string, folder: string, attachment: Attachment): Promise<Socket> {
  const devices = await attachment.execute('query-chardev')
  const isFree = devices.some((device) => device.label === 'serial' && device.filename.startsWith('disconnected:'))
  if (!isFree) throw new ConsoleBusy(id)
  await using named = await openSocketPath(folder, fileNames.serialSocket)
  const socket = connect({ path: named.path, allowHalfOpen: false })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => {}) // What ends the connection ends the stream, and `close` tells.
  return socket
}
