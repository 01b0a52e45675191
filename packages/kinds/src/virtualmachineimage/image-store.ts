// What keeps the bytes of images. server has one over the file system; tests have the same one with a network of their own.

/** Which image: files are kept by uid, so that another image of the same name is another one. */
export interface ImageIdentity {
  uid: string
  namespace: string
  name: string
}

export type StoredImage =
  /** There is nothing, or a part that nobody goes on with: a download has to be begun. */
  | { kind: 'none' }
  /** It is being downloaded, or its upload has begun. */
  | { kind: 'receiving'; receivedBytes: number; totalBytes: number | undefined }
  /** What was received is wrong, or no more can be had for now. */
  | { kind: 'failed'; message: string; failedAtMs: number }
  /** `folder` is what an image's root would be; `file` is in it. */
  | { kind: 'there'; folder: string; file: string; sizeBytes: number; virtualSizeBytes: number }

/** A piece of an upload: the pieces come in their order. */
export interface UploadPiece {
  /** Bytes of the file before this piece. Zero begins anew. */
  offset: number
  /** Of the whole file. */
  totalBytes: number
  bytes: Uint8Array
  /** What the whole file is to have. */
  sha512: string | undefined
}

/** A piece that cannot be taken; the message says why, and what would work. */
export class UploadRefused extends Error {
  /** `misplaced`: it is not the next one. `wrong`: what was sent is no image, or not the one that was meant. `noRoom`: the disk is full. */
  readonly kind: 'misplaced' | 'wrong' | 'noRoom'
  constructor(kind: UploadRefused['kind'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'UploadRefused'
    this.kind = kind
  }
}

export interface VirtualMachineImageStore {
  /** How it stands with the bytes. Waits for no network. */
  look(image: ImageIdentity): Promise<StoredImage>
  /** Begins a download, from where an earlier one ended, unless one is under way. `look` tells the rest. */
  download(image: ImageIdentity, source: { url: string; sha512: string | undefined }): void
  /** Resolves when the piece is on the disk, with the last one when the image is there. Throws UploadRefused. */
  upload(image: ImageIdentity, piece: UploadPiece): Promise<StoredImage>
  /** Why nothing is downloaded from this address; undefined when it would be tried. */
  urlProblem(url: string): string | undefined
  /** Ends what is under way and removes all there is. The caller has made sure that no machine stands on it. */
  remove(image: ImageIdentity): Promise<void>
  /** Says that looking again would show something new; of progress it says so every few seconds. */
  onChange(listener: (image: ImageIdentity) => void): { close(): void }
}

/** How long after a failure a download is tried again. As Harvester. */
export const downloadAgainAfterMs = 10_000
