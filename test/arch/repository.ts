import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../kit/repository-root.ts'
import type { SourceFile } from './rooms.ts'

/** Every file that git knows or would add, from the root of the repository. */
export function repositoryFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  return listed.split('\n').filter((path) => path !== '' && existsSync(join(root, path)))
}

export const readText = (path: string): string => readFileSync(join(root, path), 'utf8')
export const sizeOf = (path: string): number => statSync(join(root, path)).size

export function sourceFiles(matching: (path: string) => boolean): SourceFile[] {
  return repositoryFiles()
    .filter((path) => path.endsWith('.ts') && matching(path))
    .map((path) => ({ path, text: readText(path) }))
}
