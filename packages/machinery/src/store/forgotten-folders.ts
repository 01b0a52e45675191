// Which folders of keys lost events to compaction. A watcher of a quiet resource holds an old revision for hours; it
// missed nothing, and must not be sent away only because other resources were busy.

import type { StoreEvent } from './store.ts'

/** More folders than any real machine has namespaces times kinds; beyond it they count as one, which costs a relist. */
const FOLDER_LIMIT = 20_000

export class ForgottenFolders {
  /** Folders that are not in the map lost nothing after this revision. */
  #floor: number
  readonly #last = new Map<string, number>()

  constructor(floor: number) {
    this.#floor = floor
  }

  /** Takes note of an event that is forgotten; the calls come in order of revision. */
  note({ key, revision }: StoreEvent): void {
    this.#last.set('', revision)
    for (let slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1)) {
      this.#last.set(key.slice(0, slash + 1), revision)
    }
    if (this.#last.size <= FOLDER_LIMIT) return
    this.#floor = revision
    this.#last.clear()
  }

  /** No event under `prefix` after this revision was forgotten. */
  lastUnder(prefix: string): number {
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1)
    return Math.max(this.#floor, this.#last.get(folder) ?? 0)
  }
}
