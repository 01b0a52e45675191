// What every store must do: the rules of docs/spec/store.md as tests, to be run over each implementation.

import fc from 'fast-check'
import { describe, onTestFinished, test } from 'vitest'
import { testHistory } from './conformance/history.ts'
import { compareWithModel, STEPS } from './conformance/naive-store.ts'
import type { Open, StoreUnderTest } from './conformance/open.ts'
import { testReads } from './conformance/reads.ts'
import { testWatches } from './conformance/watches.ts'
import { testWrites } from './conformance/writes.ts'
import type { StoreOptions } from './revisioned-store.ts'

/** How many random histories are compared with the model: a disk takes its time. */
export interface ConformanceOptions {
  modelRuns: number
}

/** Every test opens its own, empty store. */
export function storeConformance(
  name: string,
  open: (options?: StoreOptions) => Promise<StoreUnderTest>,
  { modelRuns }: ConformanceOptions,
): void {
  const openForTest: Open = async (options) => {
    const { store, dispose } = await open(options)
    onTestFinished(dispose)
    return store
  }

  describe(name, () => {
    describe('writes', () => testWrites(openForTest))
    describe('reads', () => testReads(openForTest))
    describe('watches', () => testWatches(openForTest))
    describe('history', () => testHistory(openForTest))

    test('ST1 whatever is asked in whatever order, the answers are those of a store that keeps every state', async () => {
      const compare = async (steps: Parameters<typeof compareWithModel>[1]) => {
        const { store, reopen, dispose } = await open()
        try {
          await compareWithModel(store, steps, reopen)
        } finally {
          await dispose()
        }
      }
      await fc.assert(fc.asyncProperty(STEPS, compare), { numRuns: modelRuns })
    }, 120_000)
  })
}
