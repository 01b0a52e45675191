import { describe, expect, test } from 'vitest'
import { restartOptions, startOptions, stopOptions } from './lifecycle-options.ts'

test('without a body nothing special is asked for', () => {
  for (const body of [undefined, null, {}]) {
    expect(startOptions(body)).toEqual({ paused: false, dryRun: false })
    expect(stopOptions(body)).toEqual({ gracePeriodSeconds: undefined, dryRun: false })
    expect(restartOptions(body)).toEqual({ force: false, dryRun: false })
  }
})

test('what is asked for is read', () => {
  expect(startOptions({ paused: true, dryRun: ['All'] })).toEqual({ paused: true, dryRun: true })
  expect(stopOptions({ gracePeriod: 0 })).toEqual({ gracePeriodSeconds: 0, dryRun: false })
  expect(restartOptions({ gracePeriodSeconds: 0 })).toEqual({ force: true, dryRun: false })
})

describe('what cannot be read is refused with 400', () => {
  const unreadable = /^Can not unmarshal Request body to struct, error: /
  test.each([
    [() => startOptions('yes'), unreadable],
    [() => startOptions({ paused: 'yes' }), unreadable],
    [() => stopOptions({ gracePeriod: 1.5 }), unreadable],
    [() => stopOptions({ dryRun: ['Some'] }), unreadable],
    [() => restartOptions({ gracePeriodSeconds: 1 }), /^For force restart, only gracePeriod=0 is supported for now$/],
    [() => restartOptions({ gracePeriodSeconds: -1 }), /^gracePeriod has to be greater or equal to 0$/],
  ])('%#', (read, message) => {
    expect(read).toThrow(expect.objectContaining({ code: 400, message: expect.stringMatching(message) }))
  })
})
