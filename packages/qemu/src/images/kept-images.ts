// What is kept of pulled images, for whom, and until when.

import { sep } from 'node:path'
import type { ImageRecord, PulledImages } from './pulled-images.ts'

export interface KeptImage extends ImageRecord {
  /** What names it now; none when every tag has moved on. */
  references: string[]
  folder: string
}

export async function keptImages(images: PulledImages): Promise<KeptImage[]> {
  const references = await images.references()
  return (await images.images()).map((image) => ({
    ...image,
    references: references.filter(({ digest }) => digest === image.digest).map(({ reference }) => reference),
    folder: images.folderOf(image.digest),
  }))
}

/** Whether one of these files, which machines were given, lies in the image. */
export const isInUse = ({ folder }: Pick<KeptImage, 'folder'>, usedFiles: readonly string[]): boolean =>
  usedFiles.some((path) => path.startsWith(`${folder}${sep}`))

/**
 * Removes images that no reference names any more and no machine stands on. Only those that were so a round ago already:
 * who was told of one just before its tag moved has its machine by then.
 */
export function createImageCollector(images: PulledImages): { round(usedFiles: readonly string[]): Promise<KeptImage[]> } {
  let candidates = new Set<string>()
  return {
    async round(usedFiles) {
      const superfluous = (await keptImages(images)).filter((each) => each.references.length === 0 && !isInUse(each, usedFiles))
      const removed = superfluous.filter(({ digest }) => candidates.has(digest))
      for (const { digest } of removed) await images.remove(digest)
      candidates = new Set(superfluous.map(({ digest }) => digest))
      return removed
    },
  }
}
