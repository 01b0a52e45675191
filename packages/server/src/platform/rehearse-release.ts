// Lets a release that is not served yet rehearse on a copy of the store, and tells what came of it.

import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Platform, Rehearsal } from '@sheaf/kinds'
import { copyStore, removeStore } from '@sheaf/machinery/store'
import type { DataFolder } from '../data-folder.ts'
import { parseLine, runRelease } from './run-release.ts'
import { upgradeFolder } from './upgrade-files.ts'

export interface ReleasePrograms {
  folder: DataFolder
  workerUrl: URL
  /** `…/bin/sheaf` of a version. */
  programOf: (version: string) => string
}

/** Ten thousand objects need a third of it. */
const heapMegabytes = 1_024
/** The program is told the first, and ended at the second. */
const limitSeconds = 300
const timeoutMs = (limitSeconds + 30) * 1000

export function rehearseRelease({ folder, workerUrl, programOf }: ReleasePrograms): Platform['rehearse'] {
  return async (version, id, signal) => {
    const own = upgradeFolder(folder, id)
    const copy = join(own, 'rehearsal.db')
    const work = join(own, 'rehearsal')
    await mkdir(work, { recursive: true, mode: 0o700 })
    try {
      await copyStore({ path: folder.store, target: copy, workerUrl })
      const args = ['rehearse', '--store', copy, '--temp', work, '--timeout', String(limitSeconds)]
      let last = ''
      const onLine = (line: string): void => void (last = line)
      const { code, lastWords } = await runRelease({
        program: programOf(version),
        args,
        heapMegabytes,
        timeoutMs,
        signal,
        onLine,
      })
      const report = rehearsalOf(parseLine(last))
      if (report === undefined)
        throw new Error(`${version} could not rehearse (code ${code ?? 'none'}): ${lastWords || 'it said nothing'}`)
      // The whole of it, for whoever has to find out more.
      await writeFile(join(own, 'rehearsal.json'), `${last}\n`, { mode: 0o600 })
      return report
    } finally {
      await removeStore(copy)
      await rm(work, { recursive: true, force: true })
    }
  }
}

function rehearsalOf(report: Record<string, unknown> | undefined): Rehearsal | undefined {
  const { ok, problems, moreProblems, tookMs, migration } = report ?? {}
  if (typeof ok !== 'boolean' || !Array.isArray(problems)) return undefined
  const more = typeof moreProblems === 'number' && moreProblems > 0 ? [`and ${moreProblems} more`] : []
  return {
    ok,
    problems: [...problems.map(String), ...more],
    changes: changesIn(migration),
    tookMs: typeof tookMs === 'number' ? tookMs : 0,
  }
}

function changesIn(migration: unknown): number {
  const { migrations = [] } = (migration ?? {}) as { migrations?: readonly { changed?: number }[] }
  return migrations.reduce((sum, { changed = 0 }) => sum + changed, 0)
}
