// The images that are whole. Each lies in a folder named for its uid, so that nothing that a machine stands on is ever changed:
// another image of the same name is another folder. A folder appears by one rename.

import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { imageReferenceOf } from '@sheaf/api'
import type { ImageIdentity } from '@sheaf/kinds'
import { readIfThere, syncFolder, writeDurably } from '@sheaf/qemu'

/** What the folder says of itself. */
export interface ImageRecord extends ImageIdentity {
  sizeBytes: number
  virtualSizeBytes: number
  sha512: string
}

export interface KeptImages {
  /** Where an image is put together: its root, beside which there is room for notes. */
  draftFolder(uid: string): string
  find(uid: string): (ImageRecord & { folder: string; file: string }) | undefined
  /** By what volumes name. */
  findReference(reference: string): { folder: string } | undefined
  /** The draft becomes the image, at once. */
  publish(record: ImageRecord): Promise<void>
  discardDraft(uid: string): Promise<void>
  remove(uid: string): Promise<void>
}

/** As container images have their disks: the only file in `/disk`. */
export const diskFile = join('disk', 'disk.img')
const recordFile = 'image.json'

export async function openKeptImages(folder: string): Promise<KeptImages> {
  const content = join(folder, 'content')
  const unfinished = join(folder, 'unfinished')
  for (const each of [content, unfinished]) await mkdir(each, { recursive: true, mode: 0o700 })
  const records = new Map<string, ImageRecord>()
  for (const uid of await readdir(content)) {
    const text = await readIfThere(join(content, uid, recordFile))
    if (text !== undefined) records.set(uid, JSON.parse(text) as ImageRecord)
    // Of a process that died between the two.
    await rm(join(unfinished, uid), { recursive: true, force: true })
  }
  const draftFolder = (uid: string): string => join(unfinished, plain(uid))
  const folderOf = (uid: string): string => join(content, plain(uid))

  return {
    draftFolder,
    find(uid) {
      const record = records.get(uid)
      return record && { ...record, folder: folderOf(uid), file: join(folderOf(uid), diskFile) }
    },
    findReference(reference) {
      const found = [...records.values()].findLast((record) => imageReferenceOf(record) === withTag(reference))
      return found && { folder: folderOf(found.uid) }
    },
    async publish(record) {
      const root = join(draftFolder(record.uid), 'root')
      await writeDurably(join(root, recordFile), JSON.stringify(record))
      await syncFolder(join(root, 'disk'))
      await rename(root, folderOf(record.uid))
      await syncFolder(content)
      await rm(draftFolder(record.uid), { recursive: true, force: true })
      records.set(record.uid, record)
    },
    discardDraft: (uid) => rm(draftFolder(uid), { recursive: true, force: true }),
    async remove(uid) {
      records.delete(uid)
      await rm(draftFolder(uid), { recursive: true, force: true })
      if ((await stat(folderOf(uid)).catch(() => undefined)) === undefined) return
      // Out of sight first: what is half removed must not be taken for an image.
      await rename(folderOf(uid), draftFolder(uid))
      await rm(draftFolder(uid), { recursive: true })
    },
  }
}

/** `latest` is what is meant where no tag is named. */
const withTag = (reference: string): string => (reference.endsWith(':latest') ? reference : `${reference}:latest`)

/** A uid of ours is nothing else; it becomes a path here. */
function plain(uid: string): string {
  if (/^[0-9a-f-]{1,64}$/i.test(uid)) return uid
  throw new RangeError(`${JSON.stringify(uid)} is no uid`)
}
