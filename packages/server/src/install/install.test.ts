import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { strangeEntry } from './layout.ts'
import { prefixProgramText, readSettings } from './prefix-program.ts'
import { prefixIn, unitText } from './systemd.ts'

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-install-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

test.each([`/data`, `/it's here/50%`])('UP2 what was chosen for %s is read back from the program in the prefix', (dataFolder) => {
  const prefix = temporaryFolder()
  expect(readSettings(prefix)).toBeUndefined()
  mkdirSync(join(prefix, 'bin'))
  writeFileSync(join(prefix, 'bin', 'sheaf'), prefixProgramText({ dataFolder, port: 7443 }))
  expect(readSettings(prefix)).toEqual({ dataFolder, port: 7443 })
})

test('UP1 a folder is strange when it holds what no installation has', () => {
  const prefix = temporaryFolder()
  mkdirSync(join(prefix, 'releases'))
  expect(strangeEntry(join(prefix, 'nothing'))).toBeUndefined()
  expect(strangeEntry(prefix)).toBeUndefined()
  writeFileSync(join(prefix, 'notes.txt'), '')
  expect(strangeEntry(prefix)).toBe('notes.txt')
})

test.each(['/opt/sheaf', '/home/a b/50%/"x"'])('UP3 the unit of %s ends the supervisor alone and starts it always', (prefix) => {
  const unit = unitText(prefix, true)
  expect(prefixIn(unit)).toBe(prefix)
  for (const line of ['Type=exec', 'KillMode=process', 'OOMPolicy=continue', 'Restart=always', 'WantedBy=multi-user.target'])
    expect(unit).toContain(`${line}\n`)
  expect(unitText(prefix, false)).toContain('WantedBy=default.target\n')
})

const hasSystemd = spawnSync('systemd-analyze', ['--version']).error === undefined

test.skipIf(!hasSystemd).each([
  ['the machine', 'sheaf', true],
  ['a user', 'a b/50%', false],
])('UP3 systemd finds nothing wrong with the unit of %s', (_, name, isRoot) => {
  const folder = temporaryFolder()
  const prefix = join(folder, name)
  mkdirSync(join(prefix, 'bin'), { recursive: true })
  writeFileSync(join(prefix, 'bin', 'sheaf'), '#!/bin/sh\n', { mode: 0o755 })
  const unit = join(folder, 'sheaf.service')
  const verify = (text: string): string => {
    writeFileSync(unit, text)
    const words = [...(isRoot ? [] : ['--user']), '--man=no', 'verify', unit]
    // Told where to look, it needs no systemd that runs. It answers 0 whatever it finds, and says what on its stderr.
    const { stderr } = spawnSync('systemd-analyze', words, { env: { ...process.env, XDG_RUNTIME_DIR: folder }, encoding: 'utf8' })
    return stderr
      .split('\n')
      .filter((line) => line.includes('sheaf.service'))
      .join('\n')
  }
  expect(verify(unitText(prefix, isRoot))).toBe('')
  expect(verify(unitText(prefix, isRoot).replace('Type=exec', 'Type=excec'))).toContain('excec')
})
