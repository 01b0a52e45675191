import { describe, expect, it } from 'vitest'
import { decide, type Side, type Step, type Transfer, transferOf } from './decide.ts'

const gone: Side = { kind: 'gone' }
const silent: Side = { kind: 'silent' }
const says = (runState: string, transfer: Transfer): Side => ({ kind: 'answers', runState, transfer })

const sources = {
  gone,
  silent,
  'running, nothing begun': says('running', 'atRest'),
  'running, failed or cancelled': says('running', transferOf('failed')),
  'running, itself once a target': says('running', transferOf('completed')),
  'running, copying': says('running', transferOf('active')),
  'paused, copying': says('paused', transferOf('active')),
  'paused, failed': says('postmigrate', transferOf('failed')),
  'stopped, sending the rest': says('finish-migrate', transferOf('device')),
  'handed over': says('postmigrate', transferOf('completed')),
} as const
const targets = {
  gone,
  silent,
  waiting: says('inmigrate', transferOf('active')),
  running: says('running', transferOf('completed')),
  paused: says('paused', transferOf('completed')),
  'shut down': says('shutdown', transferOf('completed')),
} as const

type Row = [source: keyof typeof sources, target: keyof typeof targets, wanted: Step, givenUp?: Step, longAgo?: Step]

const table: Row[] = [
  ['gone', 'gone', 'abandon'],
  ['gone', 'silent', 'wait'],
  ['gone', 'waiting', 'abandon'],
  ['gone', 'running', 'takeOver'],
  ['gone', 'paused', 'takeOver'],
  ['gone', 'shut down', 'takeOver'],
  ...(['gone', 'silent', 'waiting', 'running', 'paused', 'shut down'] as const).flatMap((target): Row[] => [
    ['silent', target, 'wait'],
    ['running, nothing begun', target, 'stay'],
    ['running, failed or cancelled', target, 'stay'],
    ['running, itself once a target', target, 'stay'],
    ['running, copying', target, 'wait', 'cancel'],
    ['paused, copying', target, 'wait', 'cancel'],
    ['paused, failed', target, 'stay'],
  ]),
  ...(['gone', 'silent', 'waiting'] as const).map(
    (target): Row => ['stopped, sending the rest', target, 'wait', 'wait', 'cancel'],
  ),
  ...(['running', 'paused', 'shut down'] as const).map((target): Row => ['stopped, sending the rest', target, 'wait']),
  ['handed over', 'gone', 'abandon'],
  ['handed over', 'silent', 'wait'],
  ['handed over', 'waiting', 'wait'],
  ['handed over', 'running', 'takeOver'],
  ['handed over', 'paused', 'takeOver'],
  ['handed over', 'shut down', 'takeOver'],
]

describe('what becomes of a machine between two processes', () => {
  it('MG9 is decided for everything that can be found', () => {
    expect(table).toHaveLength(Object.keys(sources).length * Object.keys(targets).length)
    expect(new Set(table.map(([source, target]) => `${source} | ${target}`)).size).toBe(table.length)
  })

  it.each(table)('MG9 source %s, target %s: %s', (source, target, wanted, just = wanted, longAgo = just) => {
    const sides = { source: sources[source], target: targets[target] }
    expect(decide({ ...sides, givenUp: 'no' })).toBe(wanted)
    expect(decide({ ...sides, givenUp: 'just' })).toBe(just)
    expect(decide({ ...sides, givenUp: 'longAgo' })).toBe(longAgo)
  })

  it('MG9 a guest that has gone over is never let loose in the process that it has left', () => {
    for (const target of Object.values(targets)) {
      const step = decide({ source: sources['handed over'], target, givenUp: 'longAgo' })
      expect(['stay', 'cancel']).not.toContain(step)
    }
  })

  it('takes a word of a later QEMU for something that goes on', () => {
    expect(transferOf('wait-unplug')).toBe('inMotion')
    expect(transferOf(undefined)).toBe('atRest')
  })
})
