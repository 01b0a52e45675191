// docs/spec/upgrade.md: the real API server and the real controllers over simulated machines and a simulated installation.

import { harvesterSystemNamespace } from '@sheaf/api'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openUpgradeWorld, runGuest, type UpgradeWorld } from './upgrade-world.ts'

let world: UpgradeWorld
beforeEach(async () => {
  world = await openUpgradeWorld()
})
afterEach(() => {
  const complaints = [...world.host.breaches, ...world.pace.plane.complaints]
  world.close()
  expect(complaints).toEqual([])
})

it('UP60 a good upgrade ends Succeeded with all conditions True', async () => {
  await runGuest(world, 'one')
  await world.start()
  expect(await world.untilEnd()).toBe('Succeeded')
  expect(await world.conditions()).toEqual({
    Completed: 'True',
    LogReady: 'True',
    ImageReady: 'True',
    RepoReady: 'True',
    NodesPrepared: 'True',
    SystemServicesUpgraded: 'True',
    NodesUpgraded: 'True',
  })
})
void describe
void harvesterSystemNamespace
