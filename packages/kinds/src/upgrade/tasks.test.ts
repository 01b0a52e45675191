import { expect, test } from 'vitest'
import { ReleaseRefused } from './platform.ts'
import { createTasks } from './tasks.ts'

async function sightAfter(error: unknown) {
  const tasks = createTasks({ nowMs: 0, onChange: () => {} })
  tasks.ensure('one', 'rehearsal', () => Promise.reject(error))
  await tasks.stop()
  return tasks.look('one', 'rehearsal')
}

const diskFull = (): Error => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })

test.each([
  ['a write', diskFull()],
  ['what a write was for', new Error('cannot copy the store', { cause: diskFull() })],
])('UP114 a full disk is told as such, and what to do about it, wherever it shows: %s', async (_where, error) => {
  expect(await sightAfter(error)).toEqual({
    state: 'failed',
    reason: 'NoSpace',
    message: expect.stringMatching(/^there is no room: .*ENOSPC.*\. Make room, then: sheaf upgrade retry$/) as string,
  })
})

test('what was refused keeps its reason, and what failed its words', async () => {
  expect(await sightAfter(new ReleaseRefused('damaged', 'it is damaged'))).toMatchObject({
    reason: 'damaged',
    message: 'it is damaged',
  })
  expect(await sightAfter(new Error('it broke'))).toMatchObject({ reason: 'Failed', message: 'it broke' })
})
