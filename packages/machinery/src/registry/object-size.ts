// How large an object may become. A body has a limit of its own; patches add to what is stored, body by body.

import { StatusError } from '@sheaf/api/meta'

/** etcd's, and so what clients of Kubernetes are used to. Every watcher of the Kind is sent each change of it, whole. */
const maxObjectBytes = 1.5 * 1024 * 1024
const mostBytesACharacter = 3

/** One that is too large already may be changed as long as it does not grow: its finalizers must be able to go. */
export function refuseOversize(text: string, before = ''): void {
  if (text.length * mostBytesACharacter <= maxObjectBytes) return
  const bytes = Buffer.byteLength(text)
  if (bytes <= maxObjectBytes || bytes <= Buffer.byteLength(before)) return
  const message = `Request entity too large: the object would be ${bytes} bytes, limit is ${maxObjectBytes}: keep large data in a disk or an image, or in several objects`
  throw new StatusError(413, 'RequestEntityTooLarge', message)
}
