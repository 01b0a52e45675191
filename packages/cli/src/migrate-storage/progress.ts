// How far a long run is: on a terminal a line that is written over, and a record of what was done.

import type { Teller } from './migrate-storage.ts'

export interface Progress extends Teller {
  /** Takes the line away. */
  end: () => void
}

/** `record`: where what was done is told, line by line. */
export function createProgress(record: NodeJS.WritableStream = process.stdout): Progress {
  const startedMs = performance.now()
  const isTerminal = process.stderr.isTTY
  const wipe = (): void => void (isTerminal && process.stderr.write('\r\x1b[K'))
  return {
    line(text) {
      wipe()
      record.write(`${text}\n`)
    },
    progress(done, of) {
      if (!isTerminal || of === 0) return
      const seconds = (performance.now() - startedMs) / 1000
      wipe()
      process.stderr.write(`${done} of ${of}${done === 0 ? '' : `, ${(done / seconds).toFixed(1)} a second`}`)
    },
    end: wipe,
  }
}
