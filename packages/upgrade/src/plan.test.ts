import { expect, it } from 'vitest'
import { planUpgrade } from './plan.ts'
import { stations } from './sequence.ts'

const releaseBytes = 100 * 1024 * 1024

it('tells every station in its order, and what is left is what is not done', () => {
  const plan = planUpgrade({
    releaseBytes,
    movesGuests: true,
    history: {},
    seen: { log: { state: 'done' }, image: { state: 'done' } },
  })
  expect(plan.stations.map(({ station }) => station)).toEqual(stations.map(({ id }) => id))
  const ahead = plan.stations.filter(({ isDone }) => !isDone)
  expect(ahead).toHaveLength(stations.length - 2)
  expect(plan.leftMs).toBe(ahead.reduce((sum, { expectedMs }) => sum + expectedMs, 0))
})

it('MG21 leaves out what nobody asked for', () => {
  const { stations: planned } = planUpgrade({ releaseBytes, history: {} })
  expect(planned.map(({ station }) => station)).not.toContain('guests')
})

it('what this machine has measured goes before the figures that come with Sheaf', () => {
  const { stations: planned } = planUpgrade({ releaseBytes, history: { repo: 2_300 } })
  expect(planned.find(({ station }) => station === 'repo')).toMatchObject({ expectedMs: 2_300, basis: 'history' })
  expect(planned.find(({ station }) => station === 'payload')).toMatchObject({ expectedMs: 5_000, basis: 'estimate' })
})

it('is the same for the same facts', () => {
  expect(planUpgrade({ releaseBytes, history: {} })).toEqual(planUpgrade({ releaseBytes, history: {} }))
})
