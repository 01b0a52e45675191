// All images of this machine. Folders of one's own come first: `<images>/sheaf.local/guest/latest/` is what a registry would
// call `sheaf.local/guest:latest`. VirtualMachineImages are below `sheaf.local/vmimages/`. What has no folder is pulled from the registry that its name tells, unless it tells none.

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '@sheaf/api/meta'
import { type ImageLibrary, localImages } from '@sheaf/kinds'
import type { Log } from '@sheaf/machinery/controller'
import {
  architectureOf,
  createImageCollector,
  createImagePuller,
  givenPaths,
  type Hypervisor,
  httpFetch,
  isInUse,
  keptImages,
  openPulledImages,
  type RegistrySettings,
} from '@sheaf/qemu'
import type { DataFolder } from './data-folder.ts'
import type { RunningImageStore } from './vm-images/vm-image-store.ts'

export interface RunningImageLibrary extends ImageLibrary {
  /** Removes what nobody needs, now and every hour. Answers the function that ends it. */
  startCollecting(hypervisor: Pick<Hypervisor, 'list'>): () => void
  close(): Promise<void>
}

export interface ImageLibraryOptions {
  folder: Pick<DataFolder, 'images' | 'pulledImages'>
  vmImages: Pick<RunningImageStore, 'sight' | 'onChange'>
  registries: RegistrySettings
  clock: Clock
  log: Log
}

/** A tag moves a few times a day at most; what it left behind costs only room. */
const collectEveryMs = 3600 * 1000
/** Names below this host are given to folders by their owner. No registry is called so. */
const ownHost = 'sheaf.local'

export async function openImageLibrary(options: ImageLibraryOptions): Promise<RunningImageLibrary> {
  const { folder, vmImages, registries, clock, log } = options
  const local = localImages(folder.images, (reference) => findLocalImage(folder.images, reference))
  const images = await openPulledImages(folder.pulledImages, clock.now())
  const architecture = architectureOf(process.arch)
  const puller = createImagePuller({ fetch: httpFetch, clock, images, settings: registries, architecture })

  return {
    folder: folder.images,
    async look(request) {
      const imported = await vmImages.sight(request.reference)
      if (imported !== undefined) return imported
      const found = await local.look(request)
      return found.kind === 'there' || isOwn(request.reference) ? found : puller.look(request)
    },
    onChange(listener) {
      const subscriptions = [puller.onChange(listener), vmImages.onChange(listener)]
      return { close: () => subscriptions.forEach((each) => each.close()) }
    },
    forgive: (reference) => puller.forgive(reference),
    list: () => keptImages(images),
    async forget(name, usedFiles) {
      const image = (await keptImages(images)).find(({ references, digest }) => [...references, digest].includes(name))
      if (image === undefined) return
      const forgotten = image.digest === name ? image.references : [name]
      for (const each of forgotten) await images.forget(each)
      if (forgotten.length === image.references.length && !isInUse(image, usedFiles)) await images.remove(image.digest)
    },
    startCollecting(hypervisor) {
      const collector = createImageCollector(images)
      const round = async (): Promise<void> => {
        const machines = await hypervisor.list()
        const removed = await collector.round(machines.flatMap(({ plan }) => givenPaths(plan)))
        for (const { digest } of removed) log.info({ digest }, 'an image that nothing names any more was removed')
      }
      let timer = clock.after(0, turn)
      function turn(): void {
        round().catch((error: unknown) => log.warn({ error: String(error) }, 'images could not be looked through'))
        timer = clock.after(collectEveryMs, turn)
      }
      return () => timer.cancel()
    },
    close: () => puller.close(),
  }
}

function isOwn(reference: string): boolean {
  return reference.split('/')[0] === ownHost
}

/** As registries allow: lower-case parts between slashes, then a tag. Anything else has no folder, `..` least of all. */
const referenceShape =
  /^(?<repository>[a-z0-9]+(?:[._:-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*?)(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?$/

/** The folder of one's own that stands for this reference. */
export async function findLocalImage(folder: string, reference: string): Promise<string | undefined> {
  const { repository, tag = 'latest' } = referenceShape.exec(reference)?.groups ?? {}
  if (repository === undefined) return undefined
  const path = join(folder, repository, tag)
  const found = await stat(path).catch(() => undefined)
  return found?.isDirectory() ? path : undefined
}
