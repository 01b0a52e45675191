// What was said on a machine's monitor, for whoever asks afterwards. Two files of bounded size: the current and the one before.

import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs'

export interface Transcript {
  record: (direction: 'to' | 'from', line: string) => void
  close: () => void
}

/** About five thousand commands with their answers; twice this is kept. */
const defaultLimitBytes = 1024 * 1024

/** Losing a transcript is better than losing a machine: a full disk stops the recording and nothing else. */
export function openTranscript(path: string, now: () => Date, limitBytes = defaultLimitBytes): Transcript {
  let file: number | undefined = openSync(path, 'a')
  let sizeBytes = fstatSync(file).size

  const turnPage = (): number => {
    if (file !== undefined) closeSync(file)
    file = undefined
    renameSync(path, `${path}.1`)
    sizeBytes = 0
    file = openSync(path, 'a')
    return file
  }

  const record = (direction: 'to' | 'from', line: string): void => {
    if (file === undefined) return
    const entry = `${now().toISOString()} ${direction === 'to' ? '→' : '←'} ${line}\n`
    try {
      sizeBytes += writeSync(sizeBytes > limitBytes ? turnPage() : file, entry)
    } catch {
      close()
    }
  }

  const close = (): void => {
    if (file !== undefined) closeSync(file)
    file = undefined
  }

  return { record, close }
}
