// What may happen, as plain data that can be drawn, printed, repeated and left out.

import type { Random } from '@sheaf/api/meta'
import { pick } from '../kit/seed.ts'
import type { Death } from './control-plane.ts'
import type { Strategy } from './model.ts'

export const slots = ['shop/a', 'shop/b', 'yard/c'] as const
export type Slot = (typeof slots)[number]

export const strategies = ['Always', 'RerunOnFailure', 'Manual', 'Halted', 'Once'] as const satisfies readonly Strategy[]

export type Deed =
  | { kind: 'create'; runs: Strategy | boolean; graceSeconds: number; hasImage: boolean; tellsPanic: boolean }
  | { kind: 'start'; paused: boolean }
  | { kind: 'start as before' }
  | { kind: 'halt' }
  | { kind: 'stop'; graceSeconds: number | undefined }
  | { kind: 'restart'; forced: boolean }
  | { kind: 'pause' }
  | { kind: 'unpause' }
  | { kind: 'set strategy'; to: Strategy | boolean }
  | { kind: 'set hostname'; to: string }
  | { kind: 'delete VM'; policy: 'Background' | 'Foreground' | 'Orphan' }
  | { kind: 'delete instance' }
  | { kind: 'guest'; does: 'shut down' | 'crash' | 'panic' | 'reboot' | 'ignore the power button' }
  | { kind: 'QEMU'; refuses: boolean }
  | { kind: 'image'; isThere: boolean }
  | { kind: 'delete namespace' }
  | { kind: 'restart the control plane' }
  | { kind: 'host goes down' }
  | { kind: 'time passes'; seconds: number }
  | { kind: 'clock jumps'; seconds: number }

export interface Operation {
  slot: Slot
  deed: Deed
  /** The control plane dies at one of its next effects. */
  death?: Death
  /** The next operation follows before this one has come to its end. */
  isHasty: boolean
}

/** How often each deed is drawn, against the others. */
const drawers: readonly (readonly [weight: number, draw: (random: Random) => Deed])[] = [
  [
    30,
    (random) => ({
      kind: 'create',
      runs: drawStrategy(random),
      graceSeconds: random.below(4),
      hasImage: random.below(3) === 0,
      tellsPanic: random.below(2) === 0,
    }),
  ],
  [30, (random) => ({ kind: 'start', paused: random.below(4) === 0 })],
  [12, () => ({ kind: 'start as before' })],
  [5, () => ({ kind: 'halt' })],
  [8, (random) => ({ kind: 'stop', graceSeconds: pick(random, [undefined, undefined, 0, 1]) })],
  [8, (random) => ({ kind: 'restart', forced: random.below(3) === 0 })],
  [3, () => ({ kind: 'pause' })],
  [3, () => ({ kind: 'unpause' })],
  [18, (random) => ({ kind: 'set strategy', to: drawStrategy(random) })],
  [4, (random) => ({ kind: 'set hostname', to: pick(random, ['one', 'two']) })],
  [3, (random) => ({ kind: 'delete VM', policy: pick(random, ['Background', 'Background', 'Foreground', 'Orphan']) })],
  [5, () => ({ kind: 'delete instance' })],
  [
    30,
    (random) => ({
      kind: 'guest',
      does: pick(random, ['shut down', 'shut down', 'crash', 'panic', 'reboot', 'ignore the power button']),
    }),
  ],
  [6, (random) => ({ kind: 'QEMU', refuses: random.below(2) === 0 })],
  [4, (random) => ({ kind: 'image', isThere: random.below(3) > 0 })],
  [1, () => ({ kind: 'delete namespace' })],
  [3, () => ({ kind: 'restart the control plane' })],
  [2, () => ({ kind: 'host goes down' })],
  [8, (random) => ({ kind: 'time passes', seconds: pick(random, [1, 5, 12, 20, 70]) })],
  [3, (random) => ({ kind: 'clock jumps', seconds: pick(random, [2, 30, 400, 4_000]) })],
]

const drawStrategy = (random: Random): Strategy | boolean => pick(random, [...strategies, ...strategies, true, false])

const totalWeight = drawers.reduce((sum, [weight]) => sum + weight, 0)

export function drawOperations(random: Random, count: number): Operation[] {
  return Array.from({ length: count }, () => ({
    slot: pick(random, slots),
    deed: drawDeed(random),
    ...(random.below(6) === 0 ? { death: { effect: random.below(8), moment: pick(random, ['before', 'after']) } } : {}),
    isHasty: random.below(5) === 0,
  }))
}

function drawDeed(random: Random): Deed {
  let place = random.below(totalWeight)
  for (const [weight, draw] of drawers) {
    if (place < weight) return draw(random)
    place -= weight
  }
  throw new Error('the weights do not add up')
}

/** `shop/a: set strategy to=Always; dies before effect 3; in haste`. */
export function describeOperation({ slot, deed, death, isHasty }: Operation): string {
  const { kind, ...details } = deed
  const words = Object.entries(details).map(([name, value]) => ` ${name}=${String(value)}`)
  const dies = death === undefined ? '' : `; the control plane dies ${death.moment} effect ${death.effect}`
  return `${slot}: ${kind}${words.join('')}${dies}${isHasty ? '; in haste' : ''}`
}
