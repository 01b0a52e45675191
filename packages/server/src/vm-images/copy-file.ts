// A download from a file of this machine. Only what lies below a folder that the administrator opened is given to machines:
// whoever may write images is not thereby one who may read all files of the server.

import { createReadStream } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assertRoom, errorCode, PullFailed } from '@sheaf/qemu'
import type { Draft } from './draft.ts'
import type { DownloadPorts } from './download.ts'

/** Why nothing is read from there; undefined when it would be tried. */
export function fileUrlProblem(url: string, folders: readonly string[]): string | undefined {
  if (folders.length === 0)
    return `${url} is a file of the server, and no folder is open for that: name one with --image-folders, or upload the file`
  const path = pathOf(url)
  if (path !== undefined && isBelow(path, folders)) return undefined
  return `${url} is not below a folder that is open for that: ${folders.join(', ')} (--image-folders)`
}

export async function copyInto(
  draft: Draft,
  url: string,
  folders: readonly string[],
  ports: Pick<DownloadPorts, 'signal' | 'folder' | 'onProgress'>,
): Promise<void> {
  const path = await realPathOf(url)
  // A symbolic link may lead out.
  const open = await Promise.all(folders.map((folder) => realpath(folder).catch(() => folder)))
  if (!isBelow(path, open)) throw new PullFailed(`${url} leads out of the folders that are open for that: ${folders.join(', ')}`)
  const found = await stat(path)
  if (!found.isFile()) throw new PullFailed(`${url} is no file`)
  const { size } = found
  await draft.startOver({ url, totalBytes: size })
  await assertRoom(ports.folder, size)
  for await (const chunk of createReadStream(path, { signal: ports.signal })) {
    await draft.append(chunk as Buffer)
    ports.onProgress(draft.bytes, size)
  }
}

async function realPathOf(url: string): Promise<string> {
  try {
    return await realpath(pathOf(url) ?? '')
  } catch (error) {
    throw new PullFailed(errorCode(error) === 'ENOENT' ? `there is no file ${url}` : `cannot read ${url}: ${String(error)}`)
  }
}

function pathOf(url: string): string | undefined {
  try {
    return fileURLToPath(url)
  } catch {
    return undefined
  }
}

const isBelow = (path: string, folders: readonly string[]): boolean =>
  folders.some((folder) => path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`))
