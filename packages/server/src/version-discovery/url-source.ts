// Releases that a web server publishes: `versions.json`, and for each of them `<name>/version.yaml`.

import type { OfferedRelease, ReleaseSource, SourceSight } from '@sheaf/kinds'
import { getText, NotServed, type WebPorts } from './get-text.ts'
import { parseIndex } from './version-index.ts'
import { manifestName, mostManifestBytes, parseManifest } from './version-manifest.ts'

/** A hundred releases are some ten thousand bytes. */
const mostIndexBytes = 1024 * 1024

export function urlSource(url: string, architecture: string, ports: WebPorts): ReleaseSource {
  return { place: url, look: (signal) => look(url, architecture, signal, ports) }
}

/** What cannot be reached is the trouble of all of them, and is not tried once for each. */
async function look(url: string, architecture: string, signal: AbortSignal, ports: WebPorts): Promise<SourceSight> {
  const at = `${url}/versions.json`
  const index = await getText(at, mostIndexBytes, signal, ports)
  const { entries, problems: left } = inWords(at, () => parseIndex(index))
  const offered: OfferedRelease[] = []
  const unread: string[] = []
  const problems = left.map((problem) => `${at}: ${problem}`)
  for (const { name, ...said } of entries) {
    const manifestAt = `${url}/${name}/${manifestName(architecture)}`
    try {
      const text = await getText(manifestAt, mostManifestBytes, signal, ports)
      const release = inWords(manifestAt, () => parseManifest(text, manifestAt))
      if (release.name !== name) throw new Unusable(`${manifestAt} is the manifest of ${release.name}`)
      // The index has the last word: what it says can be changed without touching a release.
      offered.push({ ...release, ...said })
    } catch (error) {
      if (!(error instanceof Unusable) && !(error instanceof NotServed)) throw error
      unread.push(name)
      problems.push(error.message)
    }
  }
  return { offered, unread, problems }
}

class Unusable extends Error {}

function inWords<T>(at: string, parse: () => T): T {
  try {
    return parse()
  } catch (cause) {
    throw new Unusable(`${at}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}
