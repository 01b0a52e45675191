// The bytes of all VirtualMachineImages: downloads that go on by themselves, uploads that come piece by piece, and what became
// of them. What a process had begun, the next one goes on with when it is asked for it again.

import { imageReferenceOf, imageReferencePrefix } from '@sheaf/api'
import type { Clock } from '@sheaf/api/meta'
import { downloadAgainAfterMs, type ImageIdentity, type StoredImage, type VirtualMachineImageStore } from '@sheaf/kinds'
import type { ImageSight } from '@sheaf/qemu'
import { fileUrlProblem } from './copy-file.ts'
import type { DownloadPorts } from './download.ts'
import { createDownloads } from './downloads.ts'
import { openKeptImages } from './kept-images.ts'
import { createUploads } from './uploads.ts'

export interface RunningImageStore extends VirtualMachineImageStore {
  /** For volumes that name an image by its reference; undefined when it is none of these. */
  sight(reference: string): Promise<ImageSight | undefined>
  /** Resolves when nothing is under way any more. */
  close(): Promise<void>
}

export interface ImageStoreOptions {
  folder: string
  /** Below them lie the files that may be images. */
  fileFolders: readonly string[]
  fetch: DownloadPorts['fetch']
  clock: Clock
}

export async function openImageStore({ folder, fileFolders, fetch, clock }: ImageStoreOptions): Promise<RunningImageStore> {
  const listeners = new Set<(image: ImageIdentity) => void>()
  const tell = (image: ImageIdentity): void => listeners.forEach((listener) => listener(image))
  const kept = await openKeptImages(folder)
  const downloads = createDownloads({ kept, folder, fileFolders, fetch, clock, tell })
  const uploads = createUploads({ kept, folder, clock, tell })

  async function look({ uid }: ImageIdentity): Promise<StoredImage> {
    const found = await kept.find(uid)
    if (found !== undefined) {
      const { folder: root, file, sizeBytes, virtualSizeBytes } = found
      return { kind: 'there', folder: root, file, sizeBytes, virtualSizeBytes }
    }
    return downloads.find(uid) ?? (await uploads.find(uid)) ?? { kind: 'none' }
  }

  return {
    look,
    download: downloads.begin,
    async upload(image, piece) {
      await uploads.take(image, piece)
      return look(image)
    },
    urlProblem: (url) => (url.startsWith('file:') ? fileUrlProblem(url, fileFolders) : undefined),
    async remove({ uid }) {
      await downloads.end(uid)
      await uploads.end(uid)
      await kept.remove(uid)
    },
    onChange(listener) {
      listeners.add(listener)
      return { close: () => void listeners.delete(listener) }
    },
    async sight(reference) {
      if (!reference.startsWith(imageReferencePrefix)) return undefined
      const found = await kept.findReference(reference)
      if (found !== undefined) return { kind: 'there', folder: found.folder }
      const image = downloads.images().find((each) => imageReferenceOf(each) === reference)
      const sight = image && downloads.find(image.uid)
      if (sight?.kind === 'receiving')
        return { kind: 'pulling', receivedBytes: sight.receivedBytes, totalBytes: sight.totalBytes }
      if (sight === undefined) return undefined
      const { message, failedAtMs } = sight
      return { kind: 'failed', message, failedAtMs, retryAtMs: failedAtMs + downloadAgainAfterMs }
    },
    async close() {
      await downloads.close()
      await uploads.close()
    },
  }
}
