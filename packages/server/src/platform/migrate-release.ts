// Lets a release carry out its migrations through the API of this one, or take them back.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { MigrationReport, Platform } from '@sheaf/kinds'
import type { ReleasePrograms } from './rehearse-release.ts'
import { parseLine, runRelease } from './run-release.ts'
import { upgradeFolder } from './upgrade-files.ts'

const heapMegabytes = 512
/** Some hundred objects a second; what takes longer is interrupted, and goes on when it is tried again. */
const timeoutMs = 15 * 60_000

const never = new AbortController().signal

/** What the program says in the end. */
interface Said {
  migrations?: readonly { name: string; changed: number }[]
  left?: readonly { object: string; why: string }[]
}

export function migrateRelease({ folder, programOf }: Pick<ReleasePrograms, 'folder' | 'programOf'>): Platform['migrate'] {
  return async ({ version, id, direction, keep = [], isDryRun, onProgress = () => {}, signal = never }) => {
    const own = upgradeFolder(folder, id)
    await mkdir(own, { recursive: true, mode: 0o700 })
    const journal = join(own, 'migrations.jsonl')
    // What was asked of every release goes without saying: an older one knows no more than that.
    const more = [...(keep.length === 0 ? [] : ['--keep', keep.join(',')]), ...(isDryRun === true ? ['--dry-run'] : [])]
    let report: Said | undefined
    let failure: string | undefined
    const end = await runRelease({
      program: programOf(version),
      args: ['migrate-release', '--kubeconfig', folder.kubeconfig, '--journal', journal, '--direction', direction, ...more],
      heapMegabytes,
      timeoutMs,
      signal,
      onLine(line) {
        const said = parseLine(line)
        if (said?.['kind'] === 'progress') onProgress(Number(said['done']), Number(said['of']))
        if (said?.['kind'] === 'report') report = said as Said
        if (said?.['kind'] === 'failed') failure = String(said['message'])
      },
    })
    if (end.code !== 0 || report === undefined) {
      const why = failure ?? (end.lastWords || 'it said nothing')
      throw new Error(`the migrations of ${version} did not go ${direction} (code ${end.code ?? 'none'}): ${why}`)
    }
    return reportOf(report)
  }
}

function reportOf({ migrations = [], left = [] }: Said): MigrationReport {
  return {
    migrations: migrations.map(({ name }) => name),
    changed: migrations.reduce((sum, { changed }) => sum + changed, 0),
    left: left.map(({ object, why }) => `${object}: ${why}`),
  }
}
