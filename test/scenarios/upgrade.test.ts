// Upgrades as transcripts: what is said above the line happens, what stands below it is what the planner does about it.
// The planner is the real one; the world is the smallest that can be begun, hang, fail and be undone.
//
//   run                      goes on until there is nothing to do but to wait
//   fails STATION: MESSAGE   that station fails, the next time it is under way
//   hangs STATION            that station begins and never ends
//   recovers STATION         it goes on after all
//   pause, resume, abort     what people ask for
//   move-guests              what they ask for: guests are to be moved to the QEMU that is installed
//   minutes N                time passes, and the planner looks again

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decideNextStep, type Failure, type Observation, type Step, type StationId, stations } from '@sheaf/upgrade'
import { describe, expect, it } from 'vitest'

const folder = join(import.meta.dirname, 'upgrade')

interface World {
  nowMs: number
  seen: Record<StationId, Observation>
  failure: Failure | undefined
  hostServesSinceMs: number | undefined
  wish: { paused: boolean; aborted: boolean; movesGuests: boolean }
  hangs: Set<StationId>
  fails: Map<StationId, string>
}

function freshWorld(): World {
  const seen = Object.fromEntries(stations.map(({ id }) => [id, { state: 'ahead' }])) as World['seen']
  const wish = { paused: false, aborted: false, movesGuests: false }
  return { nowMs: 0, seen, failure: undefined, hostServesSinceMs: undefined, wish, hangs: new Set(), fails: new Map() }
}

function look(world: World): Step {
  const { nowMs, seen, failure, hostServesSinceMs, wish } = world
  return decideNextStep({
    nowMs,
    stations: seen,
    wish,
    ...(failure === undefined ? {} : { failure }),
    ...(hostServesSinceMs === undefined ? {} : { hostServesSinceMs }),
  })
}

/** What comes of a step: undefined when there is nothing but to wait. */
function carryOut(step: Step, world: World): string | undefined {
  switch (step.kind) {
    case 'begin':
      world.seen[step.station] = { state: 'underWay', sinceMs: world.nowMs }
      return `begins: ${step.station}`
    case 'wait':
      return settle(step.station, world)
    case 'serveFromHost':
      world.hostServesSinceMs = world.nowMs
      world.hangs.delete('repo')
      return 'the host serves the same files'
    case 'turnRound':
      world.failure = step.failure
      return `turns round at ${step.failure.station} (${step.failure.reason}): ${step.failure.message}`
    case 'undo':
      world.seen[step.station] = { state: 'ahead' }
      return `undoes: ${step.station}`
    case 'hold':
      return undefined
    case 'finish':
      return undefined
  }
}

function settle(station: StationId, world: World): string | undefined {
  const message = world.fails.get(station)
  if (message !== undefined) {
    world.seen[station] = { state: 'failed', reason: 'Failed', message }
    return `fails:  ${station}`
  }
  if (world.hangs.has(station)) return undefined
  world.seen[station] = { state: 'done' }
  return `done:   ${station}`
}

const rest = (step: Step): string => {
  if (step.kind === 'finish') return `ends: ${step.outcome}`
  return step.kind === 'hold' ? `holds before ${step.before}` : `waits for ${step.kind === 'wait' ? step.station : step.kind}`
}

/** The planner always comes to rest: a step that was carried out is not taken again. */
const mostSteps = 100

function run(world: World): string[] {
  const lines: string[] = []
  for (let steps = 0; steps < mostSteps; steps++) {
    const step = look(world)
    const line = carryOut(step, world)
    if (line === undefined) return [...lines, rest(step)]
    lines.push(line)
  }
  throw new Error('the planner does not come to rest')
}

function obey(command: string, world: World): string[] {
  const [verb = '', subject = ''] = command.split(/[ :]/)
  const station = subject as StationId
  switch (verb) {
    case 'run':
      return run(world)
    case 'fails':
      world.fails.set(station, command.slice(command.indexOf(':') + 2))
      return []
    case 'hangs':
      world.hangs.add(station)
      return []
    case 'recovers':
      world.hangs.delete(station)
      return run(world)
    case 'pause':
    case 'resume':
      world.wish.paused = verb === 'pause'
      return run(world)
    case 'move-guests':
      world.wish.movesGuests = true
      return []
    case 'abort':
      world.wish.aborted = true
      return run(world)
    case 'minutes':
      world.nowMs += Number(subject) * 60_000
      return run(world)
    default:
      throw new Error(`nobody knows what "${command}" means`)
  }
}

/** Commands and what came of them, in the shape of the file itself. */
function replay(text: string): string {
  const world = freshWorld()
  const blocks = text.trimEnd().split(/\n\n+/)
  return `${blocks.map((block) => replayBlock(block, world)).join('\n\n')}\n`
}

function replayBlock(block: string, world: World): string {
  const said = block.split('\n----')[0] ?? ''
  const commands = said.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  if (commands.length === 0) return block
  return [said, '----', ...commands.flatMap((command) => obey(command, world))].join('\n')
}

describe('an upgrade', () => {
  it.each(readdirSync(folder).filter((name) => name.endsWith('.txt')))('%s', async (name) => {
    // `vitest run -u` writes what the planner does into the files; the difference is for people to read.
    await expect(replay(readFileSync(join(folder, name), 'utf8'))).toMatchFileSnapshot(join(folder, name))
  })
})
