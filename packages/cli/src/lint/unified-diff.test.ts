import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { rewritten, sides } from './fix-cases.fixture.ts'
import { unifiedDiff } from './unified-diff.ts'

function applied(before: string, diff: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-diff-'))
  try {
    writeFileSync(join(folder, 'a.yaml'), before)
    execFileSync('git', ['apply', '--whitespace=nowarn', '-'], {
      cwd: folder,
      input: diff,
      env: { ...process.env, GIT_CEILING_DIRECTORIES: tmpdir() },
    })
    return readFileSync(join(folder, 'a.yaml'), 'utf8')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

it('git applies it, and has what --fix would have written', () => {
  const before = rewritten.map(([, marked]) => sides(marked).before).join('\n---\n')
  const after = rewritten.map(([, marked]) => sides(marked).after).join('\n---\n')
  expect(applied(before, unifiedDiff('a.yaml', before, after))).toBe(after)
})

it('git applies the difference of any two texts', () => {
  const text = fc.array(fc.constantFrom('a\n', 'b\n', 'c\r\n', '\n', 'é'), { maxLength: 12 }).map((lines) => lines.join(''))
  fc.assert(
    fc.property(
      text.filter((each) => each !== ''),
      text.filter((each) => each !== ''),
      (before, after) => {
        fc.pre(before !== after)
        expect(applied(before, unifiedDiff('a.yaml', before, after))).toBe(after)
      },
    ),
    { numRuns: 40 },
  )
})

it('is short: a change in the middle shows three lines around it', () => {
  const lines = Array.from({ length: 20 }, (_, index) => `${index}\n`)
  expect(unifiedDiff('a', lines.join(''), lines.with(10, 'x\n').join(''))).toBe(
    '--- a/a\n+++ b/a\n@@ -8,7 +8,7 @@\n 7\n 8\n 9\n-10\n+x\n 11\n 12\n 13\n',
  )
})

it('is nothing for the same text', () => {
  expect(unifiedDiff('a', 'x', 'x')).toBe('')
})
