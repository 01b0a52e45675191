// Releases in a folder of this machine: ISOs, which say themselves what they are, and manifests, as a web server would publish
// them. One folder deep, so that a mirror of a web server will do.

import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type OfferedRelease, type Platform, type ReleaseSource, type SourceSight } from '@sheaf/kinds'
import { manifestName, mostManifestBytes, parseManifest } from './version-manifest.ts'

export interface FolderPorts {
  /** Whether it is signed by somebody who is trusted here, and what it says of itself. */
  inspect: Platform['releases']['inspect']
  architecture: string
}

/** Each ISO is read, which takes a moment. */
const mostFiles = 100

/** A sight that grows. */
interface Finding {
  offered: Map<string, OfferedRelease>
  problems: string[]
}

export function folderSource(folder: string, ports: FolderPorts): ReleaseSource {
  return {
    place: folder,
    async look(signal) {
      const paths = await filesOf(folder, manifestName(ports.architecture))
      const found: Finding = { offered: new Map(), problems: [] }
      if (paths.length > mostFiles)
        found.problems.push(`${folder} holds ${paths.length} releases and the first ${mostFiles} are looked at`)
      for (const path of paths.slice(0, mostFiles)) {
        signal.throwIfAborted()
        await take(path, found, ports)
      }
      return sightOf(found)
    },
  }
}

const sightOf = ({ offered, problems }: Finding): SourceSight => ({ offered: [...offered.values()], unread: [], problems })

/** ISOs first: their own word is signed. Links are left alone, for they may lead anywhere. */
async function filesOf(folder: string, manifest: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(cause.code === 'ENOENT' ? `there is no folder ${folder}` : `cannot read the folder ${folder}`, { cause })
  })
  const below = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => readdir(join(folder, name), { withFileTypes: true }).catch(() => [])),
  )
  const files = [...entries, ...below.flat()].filter((entry) => entry.isFile())
  const named = (isWanted: (name: string) => boolean): string[] =>
    files
      .filter(({ name }) => isWanted(name))
      .map(({ parentPath, name }) => join(parentPath, name))
      .toSorted()
  return [...named((name) => name.endsWith('.iso')), ...named((name) => name === manifest)]
}

async function take(path: string, { offered, problems }: Finding, ports: FolderPorts): Promise<void> {
  try {
    const release = path.endsWith('.iso') ? await releaseIn(path, ports) : await manifestIn(path)
    const other = offered.get(release.name)
    if (other === undefined) offered.set(release.name, release)
    else if (other.isoURL !== release.isoURL) problems.push(`${path} is ${release.name}, and so is ${other.isoURL}`)
  } catch (error) {
    problems.push(`${path} is not offered: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** No checksum: its signature covers every byte of it. */
async function releaseIn(path: string, { inspect }: FolderPorts): Promise<OfferedRelease> {
  const { version, releaseDate, minUpgradableVersion } = await inspect(path)
  return {
    name: version,
    isoURL: pathToFileURL(path).href,
    releaseDate,
    ...(minUpgradableVersion === undefined ? {} : { minUpgradableVersion }),
  }
}

async function manifestIn(path: string): Promise<OfferedRelease> {
  const { size } = await stat(path)
  if (size > mostManifestBytes) throw new Error(`it has ${size} bytes, which is more than it can have`)
  return parseManifest(await readFile(path, 'utf8'), pathToFileURL(path).href)
}
