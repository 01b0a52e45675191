// A guest image as the local image library keeps it: a folder that holds what the root of such a container image holds,
// and image.json, which says what should be there.

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

export interface GuestImage {
  /** The name by which a manifest asks for it. */
  reference: string
  createdAt: string
  kernelVersion: string
  /** Changes when the builder or what it puts in changes: an image of another recipe is built anew. */
  recipe: string
  files: readonly ImageFile[]
}

export interface ImageFile {
  /** Relative to the image's folder, with slashes. */
  path: string
  sizeBytes: number
  sha256: string
}

const manifestName = 'image.json'

export async function describeFile(folder: string, path: string): Promise<ImageFile> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(join(folder, path)), hash)
  return { path, sizeBytes: (await stat(join(folder, path))).size, sha256: hash.digest('hex') }
}

export async function writeImageManifest(folder: string, image: GuestImage): Promise<void> {
  await writeFile(join(folder, manifestName), `${JSON.stringify(image, null, 2)}\n`)
}

/** Undefined when there is no image, or when a file of it is missing or changed. */
export async function findIntactImage(folder: string): Promise<GuestImage | undefined> {
  try {
    // Whatever else the file may be, an image must name files that are there byte by byte.
    const image = JSON.parse(await readFile(join(folder, manifestName), 'utf8')) as GuestImage
    const found = await Promise.all(image.files.map(({ path }) => describeFile(folder, path)))
    return JSON.stringify(found) === JSON.stringify(image.files) ? image : undefined
  } catch {
    return undefined
  }
}
