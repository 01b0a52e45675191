// The program as it is called: arguments, standard input, exit codes.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))
const machine = 'apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nspec:\n  running: on\n'

function sheaf(args: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
    input,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

it('what Helm and Kustomize print can be piped in', () => {
  const { status, stdout } = sheaf(['lint', '-'], machine)
  expect(stdout).toMatch(/^-:4:3: warned: spec\.running is deprecated/)
  expect(status).toBe(1)
})

it('a diff of standard input is all that is printed', () => {
  const { stdout } = sheaf(['lint', '--diff', '-'], machine)
  expect(stdout.split('\n').slice(-3)).toEqual(['-  running: on', '+  runStrategy: Always', ''])
})

describe('misuse ends with 2 and says what would work', () => {
  it.each([
    [['lint'], 'missing required argument'],
    [['lint', '--fix', '-'], 'standard input cannot be rewritten in place. Try --diff'],
    [['lint', '--fix', '--diff', '.'], "option '--fix' cannot be used with option '--diff'"],
    [['lint', '--diff', '--format', 'json', '.'], "cannot be used with option '--format <format>'"],
    [['lint', '--level', 'x', '.'], 'Allowed choices are refused, warned, inert, documented'],
    [['lint', '/nowhere/at/all'], 'does not exist'],
  ])('%j', (args, words) => {
    const { status, stderr } = sheaf(args)
    expect(stderr).toContain(words)
    expect(status).toBe(2)
  })
})

it('the help of the program shows it, and its own help tells the exit codes', () => {
  expect(sheaf(['--help']).stdout).toMatch(/^ {2}lint \[options\] <path\.\.\.>/m)
  expect(sheaf(['lint', '--help']).stdout).toContain('Exit codes: 0 clean, 1 findings at or above --level, 2 misuse')
})

it.each([
  [['li'], ['lint']],
  [
    ['lint', '--f'],
    ['--format', '--fix'],
  ],
  [['lint', '--format', 's'], ['sarif']],
  [
    ['lint', '--level', ''],
    ['refused', 'warned', 'inert', 'documented'],
  ],
])('completion knows it: %j', (words, expected) => {
  expect(
    sheaf(['__complete', ...words])
      .stdout.trim()
      .split('\n'),
  ).toEqual(expected)
})
