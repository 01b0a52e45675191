// The commit before this tree, checked out beside it, with what it needs to build its own release.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './repository-root.ts'

const git = (...words: string[]): string =>
  execFileSync('git', ['-C', root, ...words], { encoding: 'utf8', stdio: 'pipe' }).trim()

/** The newest commit that is not what is tested here: HEAD itself while something is not committed. Undefined where no history is. */
export function previousCommit(): string | undefined {
  try {
    const isChanged = git('status', '--porcelain') !== ''
    return git('rev-parse', '--verify', '--quiet', isChanged ? 'HEAD' : 'HEAD^1')
  } catch {
    return undefined
  }
}

/** Takes minutes where it needs other packages than this tree. */
export function checkOut(commit: string, folder: string): void {
  // With its history: a release is dated by its commit.
  git('clone', '--quiet', '--no-checkout', root, folder)
  git('-C', folder, 'checkout', '--quiet', '--detach', commit)
  const lockOf = (tree: string): string => readFileSync(join(tree, 'package-lock.json'), 'utf8')
  if (lockOf(folder) === lockOf(root)) linkDependencies(folder)
  else execute(folder, 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'])
  for (const step of ['tools/generate-schemas.ts', 'tools/build.ts']) execute(folder, process.execPath, [step])
}

/** The packages of others are this tree's; its own ones are those of the folder. */
function linkDependencies(folder: string): void {
  const [ours, theirs] = [root, folder].map((tree) => join(tree, 'node_modules')) as [string, string]
  mkdirSync(join(theirs, '@sheaf'), { recursive: true })
  for (const name of readdirSync(ours)) if (name !== '@sheaf') symlinkSync(join(ours, name), join(theirs, name))
  for (const name of readdirSync(join(folder, 'packages')))
    symlinkSync(join('..', '..', 'packages', name), join(theirs, '@sheaf', name))
}

/** By the Node that runs this. */
function execute(folder: string, program: string, words: readonly string[]): void {
  const environment = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}` }
  execFileSync(program, words, { cwd: folder, env: environment, stdio: 'pipe' })
}
