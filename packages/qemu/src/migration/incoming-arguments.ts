// What the new process is told: what the one that runs was told, word by word, but for its own files and for what another
// version would understand in another way. So both have the same devices, whatever a later release makes of the same plan.

import { basename } from 'node:path'
import { fileNames } from '../state-files.ts'

export interface IncomingChanges {
  /** The machine's state folder, as an absolute path. */
  folder: string
  /** In which its own sockets lie, as a name in the state folder. */
  subfolder: string
  /** In full: an alias is another machine under another QEMU. */
  machineType: string
  /** Features that the guest does not have yet. */
  withheld: readonly string[]
}

/** Pure. The words are those after the program's name. */
export function incomingArguments(words: readonly string[], changes: IncomingChanges): string[] {
  const { folder, subfolder, machineType, withheld } = changes
  const rewrite: Readonly<Record<string, (value: string) => string>> = {
    '-pidfile': () => `${folder}/${subfolder}/${fileNames.pid}`,
    '-chardev': (value) => value.replace(/(?<=,path=)[^,]+/, (path) => `${subfolder}/${basename(path)}`),
    '-vnc': (value) => value.replace(/^unix:[^,]+/, (path) => `unix:${subfolder}/${basename(path.slice('unix:'.length))}`),
    // The other process holds the ports until it is through.
    '-netdev': (value) => value.replaceAll(/,hostfwd=[^,]+/g, ''),
    '-machine': (value) => value.replace(/^[^,]+/, machineType),
    '-cpu': (value) => [value, ...withheld.map((feature) => `${feature}=off`)].join(','),
  }
  const told: string[] = []
  for (let place = 0; place < words.length; place++) {
    const word = words[place] ?? ''
    const isValue = words[place - 1] === '-append'
    // It is to go on by itself once it has everything, as the other one did: also when nobody is there to tell it.
    if (word === '-S' && !isValue) continue
    if (word === '-incoming' && !isValue) {
      place++
      continue
    }
    const change = isValue ? undefined : rewrite[word]
    if (change === undefined) told.push(word)
    else told.push(word, change(words[++place] ?? ''))
  }
  return [...told, '-incoming', 'defer']
}

/** The folder in which the target of a move away from this process has its files. Two of them in a row differ. */
export const incomingFolder = (sourcePid: number): string => `incoming-${sourcePid}`
