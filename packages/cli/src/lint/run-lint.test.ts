import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deprecationRules } from '@sheaf/api'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { githubReport } from './report/github.ts'
import { jsonReport } from './report/json.ts'
import { junitReport } from './report/junit.ts'
import { sarifReport } from './report/sarif.ts'
import { textReport } from './report/text.ts'
import { type LintOptions, runLint } from './run-lint.ts'

const machine = (spec: string, name = 'web') =>
  `apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nmetadata: {name: ${name}}\nspec:\n${spec}`
const old = machine('  running: true\n')
const today = machine('  runStrategy: Always\n')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sheaf-lint-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const at = (name: string) => join(folder, name)
const write = (name: string, content: string | Buffer) => {
  writeFileSync(at(name), content)
  return at(name)
}

async function run(paths: readonly string[], options: Partial<LintOptions> = {}) {
  const seen = { out: '', error: '' }
  const streams = { out: (text: string) => void (seen.out += text), error: (text: string) => void (seen.error += text) }
  const exitCode = await runLint(paths, { level: 'warned', mode: 'look', format: textReport, ...options }, streams)
  return { exitCode, ...seen, out: seen.out.replaceAll(`${folder}/`, '') }
}

describe('the exit code', () => {
  it('is 0 for clean manifests and for findings below the level, 1 at the level or above', async () => {
    expect((await run([write('clean.yaml', today)])).exitCode).toBe(0)
    const inert = write('inert.yaml', machine('  runStrategy: Always\n  dataVolumeTemplates:\n  - metadata: {}\n    kind: x\n'))
    expect((await run([inert])).exitCode).toBe(0)
    expect((await run([inert], { level: 'inert' })).exitCode).toBe(1)
    const file = write('old.yaml', old)
    expect((await run([file])).exitCode).toBe(1)
    expect((await run([file], { level: 'refused' })).exitCode).toBe(0)
    expect(
      (await run([write('both.yaml', machine('  running: true\n  runStrategy: Always\n'))], { level: 'refused' })).exitCode,
    ).toBe(1)
  })

  it('is 2 for what cannot be read, which is named with its reason and its line', async () => {
    write('a.yaml', today)
    write('b.yaml', 'a: [\n')
    write('c.json', Buffer.from([0xff, 0xfe, 0x61, 0x00]))
    const { exitCode, error } = await run([folder])
    expect(exitCode).toBe(2)
    expect(error.replaceAll(`${folder}/`, '').split('\n')).toEqual([
      expect.stringMatching(/^b\.yaml:2:1: unreadable: ./),
      expect.stringMatching(/^c\.json:1:1: unreadable: is not UTF-8/),
      '',
    ])
  })

  it('is not raised by templates, which are named and skipped', async () => {
    const { exitCode, error, out } = await run([write('t.yaml', '{{- if .Values.x }}\nspec:\n{{- end }}\n')])
    expect(exitCode).toBe(0)
    expect(error).toMatch(/t\.yaml:1:\d+: skipped: a template that is no YAML before it is rendered/)
    expect(out).toContain('1 not looked at')
  })
})

describe('what is looked at', () => {
  it('folders are searched for manifests, in order, but not hidden folders and installed packages', async () => {
    for (const name of ['b', 'b/c', '.git', 'node_modules']) mkdirSync(at(name))
    for (const name of ['z.yaml', 'a.YML', 'b/c/x.json', 'b/notes.txt', '.git/x.yaml', 'node_modules/x.yaml']) write(name, old)
    const { out } = await run([folder])
    expect([...out.matchAll(/^(\S+?):\d/gm)].map((match) => match[1])).toEqual(['a.YML', 'b/c/x.json', 'z.yaml'])
  })

  it('a file that is named is looked at whatever it is called, and once', async () => {
    const file = write('notes.txt', old)
    expect((await run([file, file])).out).toMatch(/^1 finding in 1 file/m)
  })

  it('a path that leads nowhere, and a folder without manifests, are misuse', async () => {
    await expect(run([at('nowhere')])).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('does not exist') as string,
    })
    await expect(run([folder])).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('holds no *.yaml') as string,
    })
  })
})

describe('--fix', () => {
  it('rewrites in place: byte order mark and mode stay, no other file is left behind', async () => {
    const file = write('old.yaml', `\uFEFF${old}`)
    chmodSync(file, 0o640)
    expect(await run([file], { mode: 'fix' })).toMatchObject({ exitCode: 0, out: '0 findings in 1 file; 1 rewritten\n' })
    expect(readFileSync(file, 'utf8')).toBe(`\uFEFF${today}`)
    expect(statSync(file).mode & 0o777).toBe(0o640)
    expect(readdirSync(folder)).toEqual(['old.yaml'])
  })

  it('does not touch files in which nothing changes', async () => {
    const file = write('clean.yaml', `# ok\r\n${today}`)
    const before = statSync(file)
    await run([file], { mode: 'fix' })
    expect(statSync(file)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs })
  })

  it('a link stays a link, and its target is rewritten', async () => {
    write('target.yaml', old)
    symlinkSync('target.yaml', at('link.yaml'))
    await run([at('link.yaml')], { mode: 'fix' })
    expect(lstatSync(at('link.yaml')).isSymbolicLink()).toBe(true)
    expect(readFileSync(at('target.yaml'), 'utf8')).toBe(today)
  })

  it('what it leaves still fails the run', async () => {
    const file = write('two.yaml', `${old}---\n${machine('  running: &x true\n', 'db')}`)
    const { exitCode, out } = await run([file], { mode: 'fix' })
    expect(exitCode).toBe(1)
    expect(out).toContain('VirtualMachine db: not rewritten: it carries the anchor &x. By hand: runStrategy')
    expect(out).toMatch(/1 finding in 1 file; 1 rewritten\n$/)
  })
})

it('--diff writes nothing, prints the patch, and tells apart from it what is left', async () => {
  const text = `${old}---\n${machine('  running: &x true\n', 'db')}`
  const { exitCode, out, error } = await run([write('two.yaml', text)], { mode: 'diff' })
  expect(exitCode).toBe(1)
  expect(
    out
      .split('\n')
      .filter((line) => /^[-+]/.test(line))
      .slice(2),
  ).toEqual(['-  running: true', '+  runStrategy: Always'])
  expect(error).toContain('VirtualMachine db: not rewritten')
  expect(readFileSync(at('two.yaml'), 'utf8')).toBe(text)
})

describe('the baseline', () => {
  it('tolerates what it knows, wherever it has moved to, and nothing more', async () => {
    const file = write('old.yaml', old)
    const baseline = at('known.json')
    expect((await run([file], { writeBaseline: baseline })).exitCode).toBe(0)
    writeFileSync(file, `# moved\n\n${old}`)
    expect(await run([file], { baseline })).toMatchObject({ exitCode: 0, out: '0 findings in 1 file; 1 known to the baseline\n' })
    writeFileSync(file, `${old}---\n${machine('  running: false\n', 'db')}`)
    expect(await run([file], { baseline })).toMatchObject({
      exitCode: 1,
      out: expect.stringContaining('VirtualMachine db') as string,
    })
    writeFileSync(file, today)
    expect((await run([file], { baseline })).out).toContain('1 of the baseline no longer found')
  })

  it('counts: the same finding twice is one more than once', async () => {
    const file = write('old.yaml', old)
    await run([file], { writeBaseline: at('known.json') })
    writeFileSync(file, `${old}---\n${old}`)
    expect((await run([file], { baseline: at('known.json') })).exitCode).toBe(1)
  })

  it.each(['{', '{"version":2,"known":[]}', '{"version":1,"known":[1]}', '[]'])(
    'that is none of ours is misuse: %s',
    async (content) => {
      const file = write('old.yaml', old)
      await expect(run([file], { baseline: write('known.json', content) })).rejects.toMatchObject({ exitCode: 2 })
      await expect(run([file], { baseline: at('missing.json') })).rejects.toMatchObject({ exitCode: 2 })
    },
  )
})

describe('the formats', () => {
  const formatted = async (format: LintOptions['format']) => {
    write('a <&">.yaml', old)
    write('b.yaml', 'a: [\n')
    write('c.yaml', today)
    return (await run([folder], { format })).out
  }

  it('json', async () => {
    const report = JSON.parse(await formatted(jsonReport)) as { findings: object[] }
    expect(report).toMatchObject({
      summary: { files: 3, findings: 1, exitCode: 2 },
      findings: [
        {
          file: 'a <&">.yaml',
          line: 5,
          column: 3,
          rule: 'running',
          severity: 'warned',
          path: 'spec.running',
          value: true,
          object: { kind: 'VirtualMachine', name: 'web' },
          fix: { certain: true, edits: [{ op: 'rename', path: ['spec', 'running'], key: 'runStrategy', value: 'Always' }] },
        },
      ],
      troubles: [{ file: 'b.yaml', kind: 'unreadable', line: 2 }],
    })
  })

  it('sarif', async () => {
    const { runs } = JSON.parse(await formatted(sarifReport)) as {
      runs: { tool: { driver: { rules: object[] } }; results: object[]; invocations: object[] }[]
    }
    expect(runs[0]?.tool.driver.rules).toHaveLength(deprecationRules.length)
    expect(runs[0]?.invocations).toMatchObject([{ executionSuccessful: false, toolExecutionNotifications: [{ level: 'error' }] }])
    expect(runs[0]?.results).toMatchObject([
      { ruleId: 'running', level: 'warning', locations: [{ physicalLocation: { region: { startLine: 5, startColumn: 3 } } }] },
    ])
  })

  it('junit', async () => {
    const report = await formatted(junitReport)
    expect(report).toContain('<testsuite name="a &lt;&amp;&quot;&gt;.yaml" tests="1" failures="1" errors="0" skipped="0">')
    expect(report).toContain('<failure message="spec.running is deprecated, please use spec.runStrategy instead." type="warned">')
    expect(report).toMatch(/<testsuite name="b.yaml" tests="1" failures="0" errors="1"[^]*<error message=/)
    expect(report).toContain('<testcase classname="c.yaml" name="nothing deprecated"/>')
  })

  it('github', async () => {
    const lines = (await formatted(githubReport)).split('\n')
    expect(lines[0]).toBe(
      '::warning file=a <&">.yaml,line=5,col=3,title=running::spec.running is deprecated, please use spec.runStrategy instead. (--fix writes runStrategy: Always)',
    )
    expect(lines[1]).toMatch(/^::error file=b\.yaml,line=2,col=1,title=unreadable::./)
  })
})
