// Uploads: pieces in their order, each on the disk before it is answered, whichever process took the one before.

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '@sheaf/api/meta'
import { type ImageIdentity, type StoredImage, type UploadPiece, UploadRefused } from '@sheaf/kinds'
import { assertRoom } from '@sheaf/qemu'
import { type Draft, openDraft, originIn } from './draft.ts'
import { diskFile, type KeptImages } from './kept-images.ts'
import { asNoRoom, isWorthless, publishDraft, wordsOf } from './publish-draft.ts'

export interface UploadsPorts {
  kept: KeptImages
  folder: string
  clock: Pick<Clock, 'now'>
  tell: (image: ImageIdentity) => void
}

export interface Uploads {
  /** Throws UploadRefused. */
  take(image: ImageIdentity, piece: UploadPiece): Promise<void>
  find(uid: string): Promise<Extract<StoredImage, { kind: 'receiving' | 'failed' }> | undefined>
  /** Lets go of what is open; what has come stays. */
  end(uid: string): Promise<void>
  close(): Promise<void>
}

export function createUploads({ kept, folder, clock, tell }: UploadsPorts): Uploads {
  const open = new Map<string, Draft>()
  const failures = new Map<string, Extract<StoredImage, { kind: 'failed' }>>()
  const inLine = queueByName()

  async function draftOf(uid: string): Promise<Draft> {
    const draft = open.get(uid) ?? (await openDraft(kept.draftFolder(uid)))
    open.set(uid, draft)
    return draft
  }

  async function letGo(uid: string): Promise<void> {
    const draft = open.get(uid)
    open.delete(uid)
    await draft?.[Symbol.asyncDispose]()
  }

  async function take(image: ImageIdentity, piece: UploadPiece): Promise<void> {
    if ((await kept.find(image.uid)) !== undefined) throw new UploadRefused('misplaced', 'all of the image is here already')
    const draft = await draftOf(image.uid)
    await place(draft, piece)
    failures.delete(image.uid)
    await draft.append(piece.bytes)
    if (draft.bytes < piece.totalBytes) return draft.sync()
    await publishDraft(draft, image, piece.sha512, kept)
    await letGo(image.uid)
  }

  /** Makes the draft end where the piece begins. */
  async function place(draft: Draft, { offset, totalBytes, bytes }: UploadPiece): Promise<void> {
    if (offset + bytes.length > totalBytes)
      throw new UploadRefused('misplaced', `the piece ends at byte ${offset + bytes.length} of an image of ${totalBytes}`)
    const isOther = draft.origin === undefined || draft.origin.url !== undefined || draft.origin.totalBytes !== totalBytes
    const next = isOther ? 0 : draft.bytes
    if (offset !== 0 && offset !== next)
      throw new UploadRefused('misplaced', `the piece begins at byte ${offset}, but the next one begins at byte ${next}`)
    if (offset !== 0) return
    await assertRoom(folder, totalBytes)
    await draft.startOver({ totalBytes })
  }

  async function giveUp(image: ImageIdentity, error: unknown): Promise<UploadRefused | undefined> {
    if (error instanceof UploadRefused) return error
    // How much of the piece is there is known only from the file itself.
    await letGo(image.uid)
    const full = asNoRoom(error, folder)
    if (full === undefined && !isWorthless(error)) return undefined
    await kept.discardDraft(image.uid).catch(() => {})
    const message = wordsOf(full ?? error)
    failures.set(image.uid, { kind: 'failed', message, failedAtMs: clock.now() })
    return new UploadRefused(full === undefined ? 'wrong' : 'noRoom', message, { cause: error })
  }

  return {
    take: (image, piece) =>
      inLine(image.uid, async () => {
        try {
          await take(image, piece)
        } catch (error) {
          throw (await giveUp(image, error)) ?? error
        } finally {
          tell(image)
        }
      }),
    async find(uid) {
      const failure = failures.get(uid)
      if (failure !== undefined) return failure
      const draft = open.get(uid)
      const origin = draft === undefined ? await originIn(kept.draftFolder(uid)) : draft.origin
      if (origin?.totalBytes === undefined || origin.url !== undefined) return undefined
      const receivedBytes = draft?.bytes ?? (await sizeOf(join(kept.draftFolder(uid), 'root', diskFile)))
      return { kind: 'receiving', receivedBytes, totalBytes: origin.totalBytes }
    },
    end: (uid) =>
      inLine(uid, async () => {
        failures.delete(uid)
        await letGo(uid)
      }),
    async close() {
      await Promise.all([...open.keys()].map((uid) => inLine(uid, () => letGo(uid))))
    },
  }
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0
}

/** One piece of work of a name after the other. */
function queueByName(): <T>(name: string, work: () => Promise<T>) => Promise<T> {
  const lines = new Map<string, Promise<unknown>>()
  return (name, work) => {
    const mine = (lines.get(name) ?? Promise.resolve()).then(work, work)
    lines.set(name, mine)
    const leave = (): void => void (lines.get(name) === mine && lines.delete(name))
    mine.then(leave, leave)
    return mine
  }
}
