// Downloads that are under way in this process, each by itself until it has ended.

import type { Clock } from '@sheaf/api/meta'
import type { ImageIdentity, StoredImage } from '@sheaf/kinds'
import { copyInto } from './copy-file.ts'
import { type DownloadPorts, type DownloadSource, downloadInto } from './download.ts'
import { type Draft, openDraft } from './draft.ts'
import type { KeptImages } from './kept-images.ts'
import { asNoRoom, isWorthless, publishDraft, wordsOf } from './publish-draft.ts'

export interface DownloadsPorts {
  kept: KeptImages
  folder: string
  /** Below them lie the files that may be images. */
  fileFolders: readonly string[]
  fetch: DownloadPorts['fetch']
  clock: Clock
  /** That there is something new to see. */
  tell: (image: ImageIdentity) => void
}

export interface Downloads {
  begin: (image: ImageIdentity, source: DownloadSource) => void
  /** Of one that is under way or has failed. */
  find(uid: string): Extract<StoredImage, { kind: 'receiving' | 'failed' }> | undefined
  /** The images that are being downloaded or could not be. */
  images(): ImageIdentity[]
  /** Resolves when nothing of it is under way any more; what has come stays. */
  end(uid: string): Promise<void>
  close(): Promise<void>
}

/** Often enough for a person, seldom enough for whoever writes it down. */
const progressEveryMs = 3_000

interface Effort {
  image: ImageIdentity
  sight: Extract<StoredImage, { kind: 'receiving' | 'failed' }>
  end: AbortController
  ended: Promise<void>
}

export function createDownloads(ports: DownloadsPorts): Downloads {
  const { kept, folder, clock, tell } = ports
  const efforts = new Map<string, Effort>()

  async function carryOut(effort: Effort, source: DownloadSource): Promise<void> {
    const { image, end } = effort
    try {
      if ((await kept.find(image.uid)) === undefined) {
        await using draft = await openDraft(kept.draftFolder(image.uid))
        await fill(draft, effort, source)
        await publishDraft(draft, image, source.sha512, kept)
      }
      efforts.delete(image.uid)
    } catch (error) {
      if (end.signal.aborted) return
      const full = asNoRoom(error, folder)
      // On a full disk others need the room more; what is no image never becomes one.
      if (full !== undefined || isWorthless(error)) await kept.discardDraft(image.uid).catch(() => {})
      effort.sight = { kind: 'failed', message: wordsOf(full ?? error), failedAtMs: clock.now() }
    }
    if (!end.signal.aborted) tell(image)
  }

  function fill(draft: Draft, effort: Effort, source: DownloadSource): Promise<void> {
    let toldAtMs = clock.now()
    let toldTotal: number | undefined
    const onProgress = (receivedBytes: number, totalBytes: number | undefined): void => {
      effort.sight = { kind: 'receiving', receivedBytes, totalBytes }
      if (toldTotal === totalBytes && clock.now() - toldAtMs < progressEveryMs) return
      toldAtMs = clock.now()
      toldTotal = totalBytes
      tell(effort.image)
    }
    const own = { signal: effort.end.signal, folder, onProgress }
    if (source.url.startsWith('file:')) return copyInto(draft, source.url, ports.fileFolders, own)
    return downloadInto(draft, source, { ...own, fetch: ports.fetch })
  }

  async function end(uid: string): Promise<void> {
    const effort = efforts.get(uid)
    if (effort === undefined) return
    effort.end.abort(new Error('the download is called off'))
    await effort.ended
    efforts.delete(uid)
  }

  return {
    begin(image, source) {
      if (efforts.get(image.uid)?.sight.kind === 'receiving') return
      const effort: Effort = {
        image,
        sight: { kind: 'receiving', receivedBytes: 0, totalBytes: undefined },
        end: new AbortController(),
        ended: Promise.resolve(),
      }
      efforts.set(image.uid, effort)
      effort.ended = carryOut(effort, source)
    },
    find: (uid) => efforts.get(uid)?.sight,
    images: () => [...efforts.values()].map(({ image }) => image),
    end,
    async close() {
      await Promise.all([...efforts.keys()].map(end))
    },
  }
}
