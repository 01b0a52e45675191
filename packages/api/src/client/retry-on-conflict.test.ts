import { expect, test } from 'vitest'
import { conflict, modifiedMeanwhile } from '../meta/index.ts'
import { retryOnConflict } from './retry-on-conflict.ts'

const lost = conflict({ group: '', plural: 'widgets', kind: 'Widget' }, 'a', modifiedMeanwhile)

test('a write that loses is tried again, five times in all', async () => {
  let attempts = 0
  const winsThird = () => (++attempts < 3 ? Promise.reject(lost) : Promise.resolve(attempts))
  expect(await retryOnConflict(winsThird)).toBe(3)
  attempts = 0
  await expect(retryOnConflict(() => Promise.reject(attempts++ < 9 ? lost : new Error('never')))).rejects.toBe(lost)
  expect(attempts).toBe(5)
})

test('any other trouble is not tried again', async () => {
  let attempts = 0
  const fails = () => Promise.reject(new Error(`attempt ${++attempts}`))
  await expect(retryOnConflict(fails)).rejects.toThrow('attempt 1')
})
