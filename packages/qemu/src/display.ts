// What a machine's display shows, as a picture.

import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Attachment } from './attachment.ts'
import { fileNames } from './state-files.ts'

/** Pointer positions are told in 15 bits each way, whatever the resolution. */
const middle = 0x4000

/** As PNG. One call at a time for one machine. */
export async function takeScreenshot(folder: string, attachment: Attachment, movesPointer: boolean): Promise<Uint8Array> {
  if (movesPointer) await movePointer(attachment)
  const path = join(folder, fileNames.screenshot)
  try {
    await attachment.execute('screendump', { filename: fileNames.screenshot, format: 'png' })
    return await readFile(path)
  } finally {
    await rm(path, { force: true })
  }
}

/** Wakes a screen that the guest has blanked: a little off the middle and back. */
async function movePointer(attachment: Attachment): Promise<void> {
  for (const x of [middle + 0x100, middle]) {
    const place = [
      { type: 'abs' as const, data: { axis: 'x' as const, value: x } },
      { type: 'abs' as const, data: { axis: 'y' as const, value: middle } },
    ]
    await attachment.execute('input-send-event', { events: place })
  }
}
