// docs/spec/upgrade.md, the command line: what is said, and what is read while no server answers.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Upgrade } from '@sheaf/api'
import { afterEach, expect, it, vi } from 'vitest'
import { planText } from './plan.ts'
import { preflightText } from './preflight.ts'
import { rollbackText } from './rollback.ts'
import { conditionLine, exitCodeOf, releaseLine, statusText } from './status.ts'
import { createTeller } from './teller.ts'
import { upgradeCommand } from './upgrade-command.ts'
import { versionsText } from './versions.ts'

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

function upgrade(state: string, conditions: [string, 'True' | 'False' | 'Unknown', string][]): Upgrade {
  return {
    apiVersion: 'harvesterhci.io/v1beta1',
    kind: 'Upgrade',
    metadata: { name: 'hvst-upgrade-x', labels: { 'harvesterhci.io/upgradeState': state } },
    spec: { version: '1.1.0' },
    status: { previousVersion: '1.0.0', conditions: conditions.map(([type, status, message]) => ({ type, status, message })) },
  }
}

const underWay = upgrade('PreparingNodes', [
  ['Completed', 'Unknown', 'about 2 min left'],
  ['LogReady', 'True', ''],
  ['NodesPrepared', 'Unknown', 'fetch the release: 25 % of 40 MiB'],
])

it('UP77 status: what is under way, in one line and in a table, and the exit code', () => {
  expect(conditionLine(underWay)).toBe('PreparingNodes: fetch the release: 25 % of 40 MiB (about 2 min left)')
  expect(statusText(underWay)).toContain('hvst-upgrade-x: PreparingNodes, from 1.0.0 to 1.1.0')
  expect([underWay, upgrade('Succeeded', []), upgrade('Failed', [])].map(exitCodeOf)).toEqual([3, 0, 1])
})

it('UP108 status: which release runs now, whatever became of the upgrade since', () => {
  expect(releaseLine({ version: '1.0.0', previous: '1.1.0' })).toBe('1.0.0 runs; to let 1.1.0 take over: sheaf upgrade rollback')
  expect(releaseLine({ version: '1.0.0' })).toBe('1.0.0 runs')
})

it('UP109 rollback: what is rewritten for the release before, and what is left', () => {
  const rewritten = { migrations: ['a'], changed: 2, left: ['VirtualMachine shop/web: somebody has changed it since'] }
  expect(rollbackText({ id: 'r', from: '1.1.0', to: '1.0.0', rewritten }, 'would be')).toBe(
    [
      '1.1.0 would hand the platform over to 1.0.0',
      '2 objects would be rewritten for it by a',
      'left as it is: VirtualMachine shop/web: somebody has changed it since',
      '',
    ].join('\n'),
  )
})

it('UP77 preflight: each check with its verdict, and what stands in the way', () => {
  const check = { title: '', mayBeOverridden: true, isOverridden: false }
  const checks = [
    { ...check, id: 'clock', verdict: 'pass', why: 'a time service keeps it' },
    { ...check, id: 'leftovers', verdict: 'fail', why: 'still there: a', mend: 'Remove them.', fix: 'remove-leftovers' },
  ] as const
  expect(preflightText({ checks, blockers: [checks[1]] })).toBe(
    [
      'ok    clock: a time service keeps it',
      'FAIL  leftovers: still there: a',
      '      Remove them.',
      'It may not begin because of: leftovers.',
    ].join('\n'),
  )
})

it('UP77 plan: every station with what it takes and what going back means', () => {
  const stations = [
    { station: 'log', title: 'open the log', expectedMs: 50, basis: 'estimate' },
    { station: 'repo', title: 'start the upgrade repo VM', undo: 'remove the repo VM', expectedMs: 9_400, basis: 'history' },
  ] as const
  const text = planText({ stations, leftMs: 9_450 })
  expect(text).toMatch(/repo +9 s \(as last time\) +start the upgrade repo VM +remove the repo VM/)
  expect(text).toContain('In all about 9 s.')
})

it('VD10 versions: what can be upgraded to, why not to the others, and what was wrong', () => {
  const versions = [
    { name: '1.2.0', canBeUpgradedTo: true, isDiscovered: true, releaseDate: '20270101' },
    { name: '1.0.0', canBeUpgradedTo: false, isDiscovered: false, why: '1.0.0 is older than the installed 1.1.0' },
  ]
  const source = { place: '/srv/releases', lookedAt: '2027-01-02T00:00:00.000Z', problems: ['a.iso is not offered: why'] }
  expect(versionsText({ installed: '1.1.0', versions, source })).toBe(
    [
      '1.1.0 runs.',
      'VERSION   RELEASED   MADE      UPGRADE   WHY NOT',
      '1.2.0     20270101   found     yes',
      '1.0.0     -          by hand   no        1.0.0 is older than the installed 1.1.0',
      'Looked for in /srv/releases: 2027-01-02T00:00:00.000Z.',
      '  a.iso is not offered: why',
    ].join('\n'),
  )
  expect(versionsText({ installed: '1.1.0', versions: [] })).toContain('Nobody looks for releases')
})

it('UP77 where there is no terminal each thing is said once, not once a percent', () => {
  const lines: string[] = []
  const stream = { isTTY: false, write: (text: string) => lines.push(text) } as unknown as NodeJS.WriteStream
  const teller = createTeller(stream)
  for (const text of ['uploading: 1 %', 'uploading: 2 %', 'importing: 3 %']) teller.progress(text)
  expect(lines).toEqual(['uploading: 1 %\n', 'importing: 3 %\n'])
})

it('UP77 every command names its exit codes and knows -o json', () => {
  for (const command of upgradeCommand().commands) {
    let help = ''
    command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp()
    expect(help, command.name()).toContain('Exit codes:')
    expect(help, command.name()).toContain('-o, --output')
  }
})

it('UP77 a release has to be named, by one flag', async () => {
  const folder = dataWithoutServer()
  await expect(upgradeCommand().parseAsync(['start'], { from: 'user' })).rejects.toMatchObject({ exitCode: 2 })
  rmSync(folder, { recursive: true })
})

it('UP78 while no server answers the log is read from the data folder', async () => {
  const folder = dataWithoutServer()
  mkdirSync(join(folder, 'upgrades', 'a-b'), { recursive: true })
  const line = { time: '2026-01-01T00:00:00Z', level: 'error', message: 'turns round (Refused): it does not start' }
  writeFileSync(join(folder, 'upgrades', 'a-b', 'log.jsonl'), `${JSON.stringify(line)}\n{"time":"2026`)
  let said = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said += String(text)
    return true
  })
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  await upgradeCommand().parseAsync(['log'], { from: 'user' })
  expect(said).toBe('2026-01-01T00:00:00Z ERROR turns round (Refused): it does not start\n')
  rmSync(folder, { recursive: true })
})

/** A server has run here once. */
function dataWithoutServer(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-upgrade-'))
  vi.stubEnv('SHEAF_DATA', folder)
  const config = {
    clusters: [{ name: 'a', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'a', user: { token: 'a' } }],
    contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
    'current-context': 'a',
  }
  writeFileSync(join(folder, 'kubeconfig'), JSON.stringify(config))
  return folder
}
