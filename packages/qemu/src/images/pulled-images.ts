// The pulled images on the disk. Each lies in a folder named for its digest, so that a tag that moves makes a new folder
// and never touches one that a machine stands on. A folder has its name only when all of it is there.

import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readIfThere, syncPath, writeDurably } from '../durable-file.ts'
import { digestShape } from './reference.ts'

/** What a reference stood for when the registry was last asked. */
export interface ReferenceRecord {
  reference: string
  /** What the registry calls it by: of an image, or of a list of images. */
  referenceDigest: string
  /** Of the image for this machine, which names its folder. */
  digest: string
  /** When the registry said so. */
  checkedAtMs: number
  /** How long the last asking took, with what had to be brought here; alone, and with the wait in line before it. */
  pullMs: number
  pullWithWaitMs: number
}

export interface ImageRecord {
  digest: string
  /** As the registry keeps it, which is what is told of sizes of images. */
  packedBytes: number
  pulledAtMs: number
}

export interface PulledImages {
  /** Where layers are kept until their image is whole. */
  readonly downloads: string
  /** What the reference stood for; undefined unless its image is there. */
  find(reference: string): Promise<ReferenceRecord | undefined>
  imageOf(digest: string): Promise<ImageRecord | undefined>
  /** What the root of the image holds. */
  folderOf(digest: string): string
  /** Makes the image appear at once, with all that `fill` puts into its root, or not at all. */
  add(image: ImageRecord, fill: (root: string) => Promise<void>): Promise<void>
  record(record: ReferenceRecord): Promise<void>
  references(): Promise<ReferenceRecord[]>
  images(): Promise<ImageRecord[]>
  forget(reference: string): Promise<void>
  /** The caller has made sure that no machine stands on it. */
  remove(digest: string): Promise<void>
}

/** A download that nobody went on with for so long is not going to be. */
const staleDownloadMs = 7 * 24 * 3600 * 1000

/** Clears away what an earlier process left half done. */
export async function openPulledImages(folder: string, nowMs: number): Promise<PulledImages> {
  const [content, references, downloads, unfinished] = ['content', 'references', 'downloads', 'unfinished'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string]
  for (const each of [content, references, downloads, unfinished]) await mkdir(each, { recursive: true, mode: 0o700 })
  // The folder itself stays: on a full disk it could not be made again.
  for (const each of await readdir(unfinished)) await rm(join(unfinished, each), { recursive: true })
  await removeStale(downloads, nowMs)

  const nameOf = (digest: string): string => {
    if (!digestShape.test(digest)) throw new RangeError(`${digest} is no digest`)
    return digest.replace('sha256:', '')
  }
  const placeOf = (digest: string): string => join(content, nameOf(digest))
  const recordPath = (reference: string): string =>
    join(references, `${createHash('sha256').update(reference).digest('hex')}.json`)

  async function imageOf(digest: string): Promise<ImageRecord | undefined> {
    return read<ImageRecord>(join(placeOf(digest), 'image.json'))
  }

  return {
    downloads,
    folderOf: (digest) => join(placeOf(digest), 'root'),
    imageOf,
    async find(reference) {
      const record = await read<ReferenceRecord>(recordPath(reference))
      return record !== undefined && (await imageOf(record.digest)) !== undefined ? record : undefined
    },
    async add(image, fill) {
      const draft = join(unfinished, randomUUID())
      try {
        await mkdir(join(draft, 'root'), { recursive: true, mode: 0o700 })
        await fill(join(draft, 'root'))
        await syncFolders(join(draft, 'root'))
        await writeDurably(join(draft, 'image.json'), JSON.stringify(image))
        await rename(draft, placeOf(image.digest))
        await syncPath(content)
      } catch (error) {
        await rm(draft, { recursive: true, force: true })
        throw error
      }
    },
    record: (record) => writeDurably(recordPath(record.reference), JSON.stringify(record)),
    async references() {
      return readAll<ReferenceRecord>((await readdir(references)).filter(isRecordName).map((name) => join(references, name)))
    },
    async images() {
      return readAll<ImageRecord>((await readdir(content)).map((name) => join(content, name, 'image.json')))
    },
    forget: (reference) => rm(recordPath(reference), { force: true }),
    async remove(digest) {
      // Out of sight first: what is half removed must not be taken for an image.
      const away = join(unfinished, randomUUID())
      await rename(placeOf(digest), away)
      await rm(away, { recursive: true })
    },
  }
}

const isRecordName = (name: string): boolean => name.endsWith('.json')

async function read<T>(path: string): Promise<T | undefined> {
  const text = await readIfThere(path)
  return text === undefined ? undefined : (JSON.parse(text) as T)
}

async function readAll<T>(paths: readonly string[]): Promise<T[]> {
  const found = await Promise.all(paths.map((path) => read<T>(path)))
  return found.filter((each) => each !== undefined) as T[]
}

async function syncFolders(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await syncFolders(join(folder, entry.name))
  await syncPath(folder)
}

async function removeStale(downloads: string, nowMs: number): Promise<void> {
  for (const name of await readdir(downloads)) {
    const path = join(downloads, name)
    if (nowMs - (await stat(path)).mtimeMs > staleDownloadMs) await rm(path)
  }
}
