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
