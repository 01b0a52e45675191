// docs/spec/upgrade.md, the way back after a success: what the upgrade rewrote is taken back before the release before takes over,
// and whoever dies on the way leaves one of two worlds, each in its own words.

import { bodyText } from '@sheaf/api/client'
import { findCondition, type Json } from '@sheaf/api/meta'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Death } from './control-plane.ts'
import { becomeQuiet } from './pace.ts'
import { openUpgradeWorld, runGuest, type UpgradeWorld } from './upgrade-world.ts'

let world: UpgradeWorld
beforeEach(async () => {
  world = await openUpgradeWorld()
})
afterEach(() => world.close())

interface Answer {
  id: string
  from: string
  to: string
  rewritten?: { migrations: string[]; changed: number; left: string[] }
}

async function rollBack(body: Json = {}): Promise<Answer> {
  const { body: said } = await world.pace.plane.client.request('PUT', '/apis/subresources.sheaf.io/v1/rollback', body)
  return JSON.parse(await bodyText(said)) as Answer
}

/** Time goes on while it is asked for. */
async function rollBackInTime(body: Json = {}): Promise<Answer> {
  const answer = rollBack(body)
  let isOver = false
  const over = answer.then(
    () => void (isOver = true),
    () => void (isOver = true),
  )
  while (!isOver) await world.pass(500)
  await over
  return answer
}

async function upgraded(): Promise<void> {
  await runGuest(world, 'one')
  await world.start()
  expect(await world.untilEnd()).toBe('Succeeded')
  expect([world.installation.version, world.installation.migrated.size]).toEqual(['1.1.0', 1])
}

async function completed(): Promise<string> {
  await becomeQuiet(world.pace)
  const { reason = '', message } = findCondition((await world.upgrade()).status?.conditions, 'Completed') ?? {}
  return `${reason} ${message}`
}

const rollbacks = () => [...world.installation.rollbacks.values()].flat()
const kinds = () => rollbacks().map(({ kind }) => kind)
/** Which release runs, and in whose words the store is. */
const state = () => [world.installation.version, world.installation.migrated.size > 0 ? 'rewritten' : 'as before']
const guestStarts = () => [...world.host.starts].map(([name, all]) => [name, all.length])

describe('a rollback', () => {
  it('UP106 UP108 takes back what was rewritten first, then the release before takes over, and the Upgrade says so', async () => {
    await upgraded()
    const before = guestStarts()
    const answer = await rollBackInTime()
    expect(answer).toMatchObject({
      from: '1.1.0',
      to: '1.0.0',
      rewritten: { migrations: ['run-strategy'], changed: 1, left: [] },
    })
    await world.pass(10_000)
    expect(state()).toEqual(['1.0.0', 'as before'])
    expect(kinds()).toEqual(['begun', 'rewritten', 'ended'])
    expect(await completed()).toMatch(
      /^RolledBack 1\.1\.0 took over from 1\.0\.0; it was rolled back at .*, and 1\.0\.0 took over$/,
    )
    expect((await world.upgrade()).metadata.labels?.['harvesterhci.io/upgradeState']).toBe('Succeeded')
    expect(guestStarts()).toEqual(before)
  })

  it('UP106 what the release before knows as well stays as it is', async () => {
    await upgraded()
    world.installation.knownTo.set('1.0.0', ['run-strategy'])
    expect(await rollBackInTime()).toMatchObject({ rewritten: { migrations: [], changed: 0 } })
    await world.pass(10_000)
    expect(state()).toEqual(['1.0.0', 'rewritten'])
  })

  it('UP106 is itself taken back in the same way: what was rewritten is rewritten again', async () => {
    await upgraded()
    await rollBackInTime()
    await world.pass(10_000)
    expect(await rollBackInTime()).toMatchObject({ from: '1.0.0', to: '1.1.0', rewritten: { migrations: ['run-strategy'] } })
    await world.pass(10_000)
    expect(state()).toEqual(['1.1.0', 'rewritten'])
    expect(await completed()).toMatch(/the rollback was taken back at .*, and 1\.1\.0 took over$/)
    await rollBackInTime()
    await world.pass(10_000)
    expect(state()).toEqual(['1.0.0', 'as before'])
  })

  it('UP107 to a release that does not prove itself leaves everything as the newer one had it', async () => {
    await upgraded()
    world.installation.fails.set('switch', 'guest default/one: boot id changed')
    await rollBackInTime()
    await world.pass(20_000)
    expect(state()).toEqual(['1.1.0', 'rewritten'])
    expect(await completed()).toMatch(/ 1\.0\.0 was to take over, and did not: guest default\/one: boot id changed$/)
  })

  it('UP107 that cannot take back what was rewritten is refused, and everything stays', async () => {
    await upgraded()
    world.installation.fails.set('takingBack', 'no space left on device')
    await expect(rollBackInTime()).rejects.toThrow('1.1.0 goes on, because no space left on device')
    await world.pass(10_000)
    expect(state()).toEqual(['1.1.0', 'rewritten'])
    expect(kinds()).toEqual(['begun', 'givenUp', 'ended'])
  })

  it('UP109 can be asked beforehand what it would rewrite, and nothing happens', async () => {
    await upgraded()
    expect(await rollBackInTime({ dryRun: ['All'] })).toMatchObject({ rewritten: { migrations: ['run-strategy'], changed: 1 } })
    expect([...state(), kinds()]).toEqual(['1.1.0', 'rewritten', []])
  })

  it('UP109 is refused while an upgrade is under way', async () => {
    world.installation.hangs.add('payload')
    world.installation.previous = '0.9.0'
    await world.start()
    await world.until(({ metadata }) => metadata.labels?.['harvesterhci.io/upgradeState'] === 'PreparingNodes')
    await expect(rollBack()).rejects.toThrow('is under way: wait for its end, or end it with sheaf upgrade abort')
  })
})

/** So many effects has the whole of it at the most; what comes after has nothing left to die of. */
const mostEffects = 12

it('UP107 whoever dies at any step of it: one release runs, with the store in its words', { timeout: 300_000 }, async () => {
  const seen = new Set<string>()
  for (const fails of [false, true])
    for (const moment of ['before', 'after'] as const)
      for (let effect = 0; effect < mostEffects; effect++) {
        world.close()
        world = await openUpgradeWorld()
        await upgraded()
        if (fails) world.installation.fails.set('switch', 'unfit')
        world.pace.plane.dieAt({ effect, moment } satisfies Death)
        await rollBackInTime().catch(() => undefined)
        await world.pass(60_000)
        const end = state().join(' ')
        seen.add(end)
        expect(['1.1.0 rewritten', ...(fails ? [] : ['1.0.0 as before'])], `died ${moment} effect ${effect}`).toContain(end)
        expect(kinds().at(-1) ?? 'ended', `died ${moment} effect ${effect}`).toBe('ended')
        expect(await completed()).toMatch(/took over/)
      }
  expect([...seen].toSorted()).toEqual(['1.0.0 as before', '1.1.0 rewritten'])
})
