// Images as folders: `<images>/sheaf.local/guest/latest/` is what a registry would call `sheaf.local/guest:latest`.

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ImageLibrary } from '@sheaf/kinds'

/** As registries allow: lower-case parts between slashes, then a tag. Anything else has no folder, `..` least of all. */
const referenceShape =
  /^(?<repository>[a-z0-9]+(?:[._:-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*?)(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?$/

export function openImageLibrary(folder: string): ImageLibrary {
  return {
    folder,
    async find(reference) {
      const { repository, tag = 'latest' } = referenceShape.exec(reference)?.groups ?? {}
      if (repository === undefined) return undefined
      const path = join(folder, repository, tag)
      const found = await stat(path).catch(() => undefined)
      return found?.isDirectory() ? path : undefined
    },
  }
}
