// What is kept of an upgrade outside of the store: journal, log and support bundle, in a folder of its own in the data folder. The
// store may be put back to an earlier moment; what was done stays told.

import { appendFileSync, createReadStream, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { mkdtemp, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { create } from 'tar'
import type { JournalEntry, Platform, RollbackEntry } from '@sheaf/kinds'
import { syncPath } from '@sheaf/qemu'
import type { DataFolder } from '../data-folder.ts'
import { copyAtHandOver, copyBefore, upgradeFolder } from './upgrade-files.ts'

interface Where {
  folder: DataFolder
  /** The folder that Sheaf is installed in, if it is. */
  prefix: string | undefined
}

type Records = Pick<Platform, 'journal' | 'rollbackJournal' | 'log' | 'bundle' | 'leftovers' | 'forget'>

export const upgradeLogPath = (folder: Pick<DataFolder, 'root'>, id: string): string =>
  join(upgradeFolder(folder, id), 'log.jsonl')

export function upgradeRecords(where: Where): Records {
  const { folder } = where
  return {
    journal: (id) => fileJournal<JournalEntry>(join(upgradeFolder(folder, id), 'journal.jsonl')),
    rollbackJournal: (id) => fileJournal<RollbackEntry>(join(upgradeFolder(folder, id), 'rollback.jsonl')),
    log(id) {
      const path = upgradeLogPath(folder, id)
      return {
        path,
        append(line) {
          mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
          appendFileSync(path, `${JSON.stringify(line)}\n`, { mode: 0o600 })
        },
        async *read(fromByte = 0) {
          const size = (await stat(path).catch(() => undefined))?.size ?? 0
          if (size > fromByte) yield* createReadStream(path, { start: fromByte, end: size - 1 }) as AsyncIterable<Uint8Array>
        },
      }
    },
    bundle(id) {
      const path = join(upgradeFolder(folder, id), 'support-bundle.tar.gz')
      return {
        make: (files) => makeBundle(path, files),
        read: async () => (existsSync(path) ? (createReadStream(path) as AsyncIterable<Uint8Array>) : undefined),
      }
    },
    leftovers: {
      find: async (keep) => leftoverPaths(where, keep),
      async remove(keep) {
        for (const path of leftoverPaths(where, keep)) await rm(path, { recursive: true, force: true })
      },
    },
    forget: (id) => rm(upgradeFolder(folder, id), { recursive: true, force: true }),
  }
}

/** On the disk before what it announces. What a power failure cut off is left out. */
interface FileJournal<Entry> {
  append(entry: Entry): Promise<void>
  read(): Promise<Entry[]>
}

function fileJournal<Entry>(path: string): FileJournal<Entry> {
  return {
    async append(entry) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      const isNew = !existsSync(path)
      const file = await open(path, 'a+', 0o600)
      try {
        // What a power failure cut off must not spoil the line that comes after it.
        const { size } = await file.stat()
        const { buffer } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1))
        const gap = size > 0 && buffer[0] !== 0x0a ? '\n' : ''
        await file.appendFile(`${gap}${JSON.stringify(entry)}\n`)
        await file.sync()
      } finally {
        await file.close()
      }
      if (isNew) for (const folder of [dirname(path), dirname(dirname(path))]) await syncPath(folder)
    },
    async read() {
      const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return ''
        throw error
      })
      return text.split('\n').flatMap((line) => entryOf<Entry>(line))
    },
  }
}

function entryOf<Entry>(line: string): Entry[] {
  try {
    return line === '' ? [] : [JSON.parse(line) as Entry]
  } catch {
    return []
  }
}

async function makeBundle(path: string, files: readonly { name: string; text: string }[]): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const draft = await mkdtemp(`${path}.`)
  try {
    for (const { name, text } of files) {
      mkdirSync(dirname(join(draft, name)), { recursive: true })
      await writeFile(join(draft, name), text, { mode: 0o600 })
    }
    await create({ gzip: true, cwd: draft, file: `${path}.new`, mode: 0o600 }, ['.'])
    await rename(`${path}.new`, path)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

/** Folders and copies of upgrades that are not there any more, and slots that were being filled. */
function leftoverPaths({ folder, prefix }: Where, keep: readonly string[]): string[] {
  const upgrades = join(folder.root, 'upgrades')
  const names = existsSync(upgrades) ? readdirSync(upgrades) : []
  const gone = names.filter((id) => !keep.includes(id))
  const copies = gone.flatMap((id) => [copyBefore(folder.store, id), copyAtHandOver(folder.store, id)]).filter(existsSync)
  const releases = prefix === undefined ? undefined : join(prefix, 'releases')
  const partial =
    releases === undefined || !existsSync(releases) ? [] : readdirSync(releases).filter((name) => name.endsWith('.partial'))
  return [...copies, ...gone.map((id) => join(upgrades, id)), ...partial.map((name) => join(releases ?? '', name))]
}
