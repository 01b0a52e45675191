// The files of a release: checked, fetched into a slot, served by this host where a guest does not.

import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { type PayloadSource, type Platform, type Release, ReleaseRefused } from '@sheaf/kinds'
import { httpFetch } from '@sheaf/qemu'
import { trustFolder } from '../install/layout.ts'
import { IsoUnreadable, openIso } from '../release/iso-files.ts'
import { metadataText, parseMetadata } from '../release/metadata.ts'
import { type PublicKey, readPublicKey } from '../release/minisign.ts'
import { PayloadRefused, unpackPayload } from '../release/unpack-payload.ts'
import {
  inspectRelease,
  metadataPath,
  ReleaseRefused as Refused,
  type Release as SignedRelease,
  verifyRelease,
} from '../release/verify-release.ts'
import { isVersion } from '@sheaf/upgrade'
import { releaseFolder } from '../supervisor/slots.ts'
import { serveIso } from './serve-iso.ts'

/** `prefix`: the folder that Sheaf is installed in. */
export function releaseFiles(prefix: string | undefined): Platform['releases'] {
  const slotOf = (version: string): string => {
    if (prefix === undefined)
      throw new ReleaseRefused('NotInstalled', 'there is no slot to put it into: install Sheaf first, with sheaf install')
    return releaseFolder(prefix, version)
  }
  return {
    verify: (iso, onProgress, signal) =>
      inOurWords(async () =>
        described(await verifyRelease(iso, { trusted: trustedKeys(prefix), onProgress, ...(signal && { signal }) })),
      ),
    inspect: (iso) => inOurWords(async () => described(await inspectRelease(iso, trustedKeys(prefix)))),
    async fetch(source, release, onProgress, signal) {
      const { path, sizeBytes, sha512 } = release.payload
      const folder = slotOf(release.version)
      const archive = await open(source, path, signal)
      const listed = { path, sizeBytes, sha512 }
      const metadata = parseMetadata(release.description)
      try {
        await inOurWords(() => unpackPayload({ archive, listed, metadata, folder, onProgress, signal }))
      } catch (cause) {
        if (!isDiskFull(cause)) throw cause
        const message = `there is no room for ${release.version} in ${dirname(folder)}: it takes ${release.payload.unpackedBytes} bytes. Make room, then: sheaf upgrade retry`
        throw new ReleaseRefused('NoSpace', message, { cause })
      }
    },
    async list() {
      const releases = prefix === undefined ? undefined : join(prefix, 'releases')
      return releases !== undefined && existsSync(releases) ? readdirSync(releases).filter(isVersion) : []
    },
    async migrationsOf(version) {
      try {
        return parseMetadata(readFileSync(join(slotOf(version), metadataPath), 'utf8')).migrations
      } catch {
        return []
      }
    },
    discard: (version) => rm(slotOf(version), { recursive: true, force: true }),
    serveIso,
  }
}

const isDiskFull = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')

async function open(source: PayloadSource, path: string, signal: AbortSignal): Promise<Readable> {
  if (source.kind === 'iso') return (await openIso(source.path)).stream(path)
  const url = `${source.url}/${path.split('/').map(encodeURIComponent).join('/')}`
  const response = await httpFetch(url, { signal })
  if (response.status === 200 && response.body !== null) return Readable.fromWeb(response.body)
  await response.body?.cancel()
  throw new Error(`${url} answered ${response.status}`)
}

/** Read each time: who is trusted may change while this server runs. A key that cannot be read is nobody's. */
function trustedKeys(prefix: string | undefined): PublicKey[] {
  if (prefix === undefined) return []
  return globSync(join(trustFolder(prefix), '*.pub')).flatMap((path) => {
    try {
      return [readPublicKey(readFileSync(path, 'utf8'))]
    } catch {
      return []
    }
  })
}

function described({ metadata, files, keyId }: SignedRelease): Release {
  const { version, releaseDate, expires, minUpgradableVersion, minSupervisorVersion, knownRisks, migrations, payload } = metadata
  const listed = files.find((file) => file.path === payload.path)
  if (listed === undefined) throw new Refused('damaged', `the signed manifest does not list ${payload.path}`)
  return {
    version,
    keyId,
    releaseDate,
    ...(expires === undefined ? {} : { expires }),
    ...(minUpgradableVersion === undefined ? {} : { minUpgradableVersion }),
    ...(minSupervisorVersion === undefined ? {} : { minSupervisorVersion }),
    knownRisks,
    migrations,
    description: metadataText(metadata),
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    payload: { ...listed, unpackedBytes: payload.unpackedBytes, unpackedFiles: payload.unpackedFiles },
  }
}

/** What would be the same the next time is told as such; everything else may be tried again. */
async function inOurWords<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof Refused) throw new ReleaseRefused(cause.problem, cause.message, { cause })
    if (cause instanceof IsoUnreadable) throw new ReleaseRefused('not-a-release', cause.message, { cause })
    if (cause instanceof PayloadRefused && !/ended after/.test(cause.message))
      throw new ReleaseRefused('damaged', cause.message, { cause })
    throw cause
  }
}
