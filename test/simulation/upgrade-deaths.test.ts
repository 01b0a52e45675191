// docs/spec/upgrade.md: the control plane dies right before or right after each of its effects, journal entries and writes
// included, and whoever takes over brings the upgrade to the same end.

import { expect, it } from 'vitest'
import { printedRandom } from '../kit/seed.ts'
import type { Death } from './control-plane.ts'
import { openUpgradeWorld, type UpgradeWorld } from './upgrade-world.ts'

interface Story {
  name: string
  prepare?: (world: UpgradeWorld) => void
  outcome: 'Succeeded' | 'Failed'
}

const stories: Story[] = [
  { name: 'succeeds', outcome: 'Succeeded' },
  {
    name: 'fails in its migrations',
    outcome: 'Failed',
    prepare: ({ installation }) => installation.fails.set('migrations', 'half way'),
  },
  { name: 'is taken back', outcome: 'Failed', prepare: ({ installation }) => installation.fails.set('switch', 'unfit') },
  {
    name: 'has a guest that does not answer',
    outcome: 'Succeeded',
    prepare: (world) => {
      world.repoIsSilent = true
    },
  },
]

/** What is the same however often somebody died on the way. */
async function endOf(world: UpgradeWorld): Promise<unknown> {
  const { installation } = world
  const { status, metadata } = await world.upgrade()
  return {
    labels: metadata.labels,
    conditions: await world.conditions(),
    previousVersion: status?.previousVersion,
    nodeStatuses: status?.nodeStatuses,
    version: installation.version,
    unpacked: [...installation.unpacked],
    copies: installation.copies.size,
    migrated: installation.migrated.size,
    bundles: installation.bundles.size,
    repo: await world.repoMachine(),
    ends: installation.journals
      .values()
      .next()
      .value?.filter(({ kind }) => kind === 'finish').length,
  }
}

/** Undefined when nobody died: it had come to its end before. */
async function tell({ prepare, outcome }: Story, death: Death | undefined, life: 'first' | 'second') {
  const world = await openUpgradeWorld()
  try {
    prepare?.(world)
    await world.start()
    const first = world.pace.plane
    if (death !== undefined && life === 'first') first.dieAt(death)
    if (life === 'second') world.deathAfterHandOver = death
    expect(await world.untilEnd()).toBe(outcome)
    expect([...world.host.breaches, ...world.pace.plane.complaints]).toEqual([])
    return { end: await endOf(world), lives: world.lives() }
  } finally {
    world.close()
  }
}

/** All of them take minutes; each run takes others, and any SHEAF_OPERATIONS all of them. */
const stride = process.env['SHEAF_OPERATIONS'] === undefined ? 17 : 1
const offset = printedRandom('deaths in an upgrade').below(stride)

it.each(stories)('UP67 an upgrade that $name does so whenever the control plane dies', { timeout: 600_000 }, async (story) => {
  const quiet = await tell(story, undefined, 'first')
  for (const life of ['first', 'second'] as const)
    for (const moment of ['before', 'after'] as const)
      for (let effect = offset; ; effect += stride) {
        const { end, lives } = await tell(story, { effect, moment }, life)
        expect(end, `died ${moment} effect ${effect} of its ${life} life`).toEqual(quiet.end)
        if (lives === quiet.lives) break
      }
})
