// The images that are whole. Each lies in a folder named for its uid, so that nothing that a machine stands on is ever changed:
// another image of the same name is another folder. A folder appears by one rename.

import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { imageReferenceOf } from '@sheaf/api'
import type { ImageIdentity } from '@sheaf/kinds'
import { readIfThere, syncPath, writeDurably } from '@sheaf/qemu'

/** What the folder says of itself. */
export interface ImageRecord extends ImageIdentity {
  sizeBytes: number
  virtualSizeBytes: number
  sha512: string
}

export interface KeptImages {
  /** Where an image is put together: its root, beside which there is room for notes. */
  draftFolder(uid: string): string
  find(uid: string): Promise<KeptImage | undefined>
  /** By what volumes name. */
  findReference(reference: string): Promise<KeptImage | undefined>
  /** The draft becomes the image, at once. */
  publish(record: ImageRecord): Promise<void>
  discardDraft(uid: string): Promise<void>
  remove(uid: string): Promise<void>
}

export interface KeptImage extends ImageRecord {
  folder: string
  file: string
}

/** As container images have their disks: the only file in `/disk`. */
export const diskFile = join('disk', 'disk.img')
const recordFile = 'image.json'

/** Nothing of it is remembered: the folders are read each time, whoever has written them. */
export async function openKeptImages(folder: string): Promise<KeptImages> {
  const content = join(folder, 'content')
  const unfinished = join(folder, 'unfinished')
  for (const each of [content, unfinished]) await mkdir(each, { recursive: true, mode: 0o700 })
  const draftFolder = (uid: string): string => join(unfinished, plain(uid))
  const folderOf = (uid: string): string => join(content, plain(uid))
  const discardDraft = (uid: string): Promise<void> => rm(draftFolder(uid), { recursive: true, force: true })

  async function find(uid: string): Promise<KeptImage | undefined> {
    const text = await readIfThere(join(folderOf(uid), recordFile))
    if (text === undefined) return undefined
    return { ...(JSON.parse(text) as ImageRecord), folder: folderOf(uid), file: join(folderOf(uid), diskFile) }
  }

  return {
    draftFolder,
    find,
    async findReference(reference) {
      const all = await Promise.all((await readdir(content)).filter(isUid).map(find))
      return all.find((record) => record !== undefined && imageReferenceOf(record) === withTag(reference))
    },
    async publish(record) {
      const root = join(draftFolder(record.uid), 'root')
      await writeDurably(join(root, recordFile), JSON.stringify(record))
      await syncPath(join(root, 'disk'))
      await rename(root, folderOf(record.uid))
      await syncPath(content)
      await discardDraft(record.uid)
    },
    discardDraft,
    async remove(uid) {
      await discardDraft(uid)
      if ((await find(uid)) === undefined) return
      // Out of sight first: what is half removed must not be taken for an image.
      await rename(folderOf(uid), draftFolder(uid))
      await discardDraft(uid)
    },
  }
}

/** `latest` is what is meant where no tag is named. */
const withTag = (reference: string): string => (reference.endsWith(':latest') ? reference : `${reference}:latest`)

/** It becomes a path here. */
const isUid = (text: string): boolean => /^[0-9a-f-]{1,64}$/i.test(text)

function plain(uid: string): string {
  if (isUid(uid)) return uid
  throw new RangeError(`${JSON.stringify(uid)} is no uid`)
}
