// The whole control plane over simulated machines, driven by chance, against the rules and against an independent model.
// SHEAF_SEED brings a run back; SHEAF_OPERATIONS makes it longer.

import { createSeededRandom } from '@sheaf/machinery/controller'
import { expect, it } from 'vitest'
import { printedRandom } from '../kit/seed.ts'
import { drawOperations, type Operation } from './operations.ts'
import { shrink, simulate, transcriptOf } from './simulation.ts'

const operationCount = Number(process.env['SHEAF_OPERATIONS'] ?? 1_000)
/** A history of its own each, so that a failure is near its cause. */
const operationsPerHistory = 100
const mostMs = 30_000 + operationCount * 100

async function expectToHold(operations: readonly Operation[]): Promise<void> {
  const failure = await simulate(operations)
  if (failure === undefined) return
  const shortest = await shrink(operations.slice(0, failure.at + 1))
  expect.fail(`${(shortest.failure ?? failure).message}\n${transcriptOf(shortest.operations)}`)
}

it('whatever happens to virtual machines, the rules hold and the model agrees', { timeout: mostMs }, async () => {
  const random = printedRandom('simulation')
  for (let done = 0; done < operationCount; done += operationsPerHistory) {
    await expectToHold(drawOperations(random, operationsPerHistory))
  }
})

it('the same seed draws the same operations', () => {
  const draw = (seed: number): string => transcriptOf(drawOperations(createSeededRandom(seed), 20))
  expect(draw(1)).toBe(draw(1))
  expect(draw(1)).not.toBe(draw(2))
})
