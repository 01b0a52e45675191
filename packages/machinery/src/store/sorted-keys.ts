// Keys in order, so that a page of a list costs the page and not the whole store: a list of short sorted runs.
// An insert moves at most one run; a rank is one binary search and a sum over the runs.

/** A run is cut in two when it has this many keys: small enough to move in microseconds, 200 to 400 runs for 100,000 keys. */
const RUN_LIMIT = 512

export class SortedKeys {
  /** Never an empty run. Deletes do not join runs again: a thin run costs one step of a sum. */
  readonly #runs: string[][] = []

  constructor(keys: Iterable<string> = []) {
    const sorted = [...keys].sort()
    const half = RUN_LIMIT / 2
    for (let start = 0; start < sorted.length; start += half) this.#runs.push(sorted.slice(start, start + half))
  }

  /** Adds a key that is not there yet. */
  add(key: string): void {
    const at = Math.min(this.#runOf(key), this.#runs.length - 1)
    const run = this.#runs[at]
    if (!run) {
      this.#runs.push([key])
      return
    }
    const index = firstIndex(run.length, (i) => run[i]! >= key) // i < run.length
    run.splice(index, 0, key)
    if (run.length >= RUN_LIMIT) this.#runs.splice(at + 1, 0, run.splice(RUN_LIMIT / 2))
  }

  /** Removes a key that is there. */
  delete(key: string): void {
    const at = this.#runOf(key)
    const run = this.#runs[at]
    const index = run?.indexOf(key) ?? -1
    if (!run || index < 0) throw new Error(`the key ${key} is not in order: it was never added`)
    run.splice(index, 1)
    if (run.length === 0) this.#runs.splice(at, 1)
  }

  /** How many keys `isBefore` holds for. It must hold for a first part of the keys and for no key after it. */
  rank(isBefore: (key: string) => boolean): number {
    const at = firstIndex(this.#runs.length, (i) => !isBefore(this.#runs[i]!.at(-1)!)) // no run is empty
    let rank = 0
    for (let i = 0; i < at; i++) rank += this.#runs[i]!.length // at <= runs.length
    const run = this.#runs[at]
    return run ? rank + firstIndex(run.length, (i) => !isBefore(run[i]!)) : rank // i < run.length
  }

  /** The keys of the ranks `from` (included) to `to` (not included). */
  slice(from: number, to: number): string[] {
    const keys: string[] = []
    let start = 0
    for (const run of this.#runs) {
      if (start >= to) break
      const end = start + run.length
      if (end > from) for (let i = Math.max(0, from - start); i < run.length && start + i < to; i++) keys.push(run[i]!) // i < run.length
      start = end
    }
    return keys
  }

  /** The first run whose last key is not before `key`. */
  #runOf(key: string): number {
    return firstIndex(this.#runs.length, (i) => this.#runs[i]!.at(-1)! >= key) // no run is empty
  }
}

/** The smallest index that `holds` is true for, when it is true for all after it; `length` if there is none. */
function firstIndex(length: number, holds: (index: number) => boolean): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}
