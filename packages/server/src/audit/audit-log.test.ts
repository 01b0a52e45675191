import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createManualClock } from '@sheaf/machinery/controller'
import { expect, onTestFinished, test } from 'vitest'
import { collectingLog } from '../../../machinery/src/controller/collecting-log.fixture.ts'
import { openAuditLog } from './audit-log.ts'

function world(limits: Parameters<typeof openAuditLog>[0]['limits'] = {}) {
  const root = mkdtempSync(join(tmpdir(), 'sheaf-audit-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const folder = join(root, 'audit')
  const clock = createManualClock()
  const log = collectingLog()
  const counted = { written: 0, lost: 0 }
  const open = () =>
    openAuditLog({
      folder,
      clock,
      log,
      onWritten: (events) => void (counted.written += events),
      onLost: (events) => void (counted.lost += events),
      limits,
    })
  const linesIn = (name: string): number[] =>
    readFileSync(join(folder, name), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { n: number }).n)
  return { folder, clock, log, counted, open, linesIn, names: () => readdirSync(folder).toSorted() }
}

/** Long enough for what gathers to be written. */
const gatherMs = 20

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index)

test('AC51 lines stand in the order in which they came, readable by the owner alone, and a restart goes on', async () => {
  const { open, linesIn, folder, counted } = world()
  for (const [from, to] of [
    [0, 50],
    [50, 60],
  ] as const) {
    const audit = open()
    for (const n of numbers(from, to)) audit.write({ n })
    await audit.stop()
  }
  expect(linesIn('audit.log')).toEqual(numbers(0, 60))
  expect(statSync(join(folder, 'audit.log')).mode & 0o077).toBe(0)
  expect(counted).toEqual({ written: 60, lost: 0 })
})

test('AC51 a full file is put aside, and the oldest go: all together are bounded', async () => {
  const { open, names, linesIn, clock } = world({ fileBytes: 100, keptFiles: 2 })
  const audit = open()
  for (const n of numbers(0, 5)) {
    audit.write({ n, filling: 'x'.repeat(100) })
    clock.advance(gatherMs)
    await expect.poll(() => names().filter((name) => name !== 'audit.log').length).toBe(Math.min(n + 1, 2))
    await expect.poll(() => linesIn(names().findLast((name) => name !== 'audit.log') ?? '')).toEqual([n])
    clock.advance(1000)
  }
  await audit.stop()
  expect(names().map((name) => linesIn(name))).toEqual([[3], [4]])
  expect(names().every((name) => /^audit-2026-01-01T00-00-0\d\.\d{3}Z\.log$/.test(name))).toBe(true)
})

test('AC52 what the disk does not take is lost, counted and told once; later lines are written', async () => {
  const { open, folder, counted, log, clock, linesIn } = world()
  writeFileSync(folder, 'no folder')
  const audit = open()
  audit.write({ n: 0 })
  clock.advance(gatherMs)
  await expect.poll(() => counted.lost).toBe(1)
  audit.write({ n: 1 })
  clock.advance(6000)
  await expect.poll(() => counted.lost).toBe(2)
  expect(log.lines).toEqual([expect.stringContaining('the audit log cannot be written')])
  rmSync(folder)
  audit.write({ n: 2 })
  clock.advance(6000)
  await expect.poll(() => counted.written).toBe(1)
  await audit.stop()
  expect(linesIn('audit.log')).toEqual([2])
})

test('AC52 nobody waits for a slow disk: what would fill the memory is lost and counted', async () => {
  const { open, counted, linesIn } = world({ pendingEvents: 10 })
  const audit = open()
  for (const n of numbers(0, 30)) audit.write({ n })
  await audit.stop()
  expect(counted).toEqual({ written: 10, lost: 20 })
  expect(linesIn('audit.log')).toEqual(numbers(0, 10))
})

test('AC52 what cannot be written at the end is counted too', async () => {
  const { open, folder, counted } = world()
  mkdirSync(folder)
  writeFileSync(join(folder, 'audit.log'), '')
  rmSync(folder, { recursive: true })
  writeFileSync(folder, '')
  chmodSync(folder, 0o400)
  const audit = open()
  audit.write({ n: 0 })
  await audit.stop()
  expect(counted).toEqual({ written: 0, lost: 1 })
})
