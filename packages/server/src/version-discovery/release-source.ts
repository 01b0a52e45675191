// Where this server looks for releases, as it was told.

import type { Clock } from '@sheaf/api/meta'
import type { Platform, ReleaseSource } from '@sheaf/kinds'
import { httpFetch } from '@sheaf/qemu'
import { folderSource } from './folder-source.ts'
import { urlSource } from './url-source.ts'

export type ReleasePlace = { kind: 'url'; url: string } | { kind: 'folder'; folder: string }

interface SourcePorts {
  releases: Pick<Platform['releases'], 'inspect'>
  clock: Clock
}

/** Undefined where it was told of none. */
export function releaseSourceOf(place: ReleasePlace | undefined, { releases, clock }: SourcePorts): ReleaseSource | undefined {
  const architecture = process.arch
  switch (place?.kind) {
    case 'url':
      return urlSource(place.url, architecture, { fetch: httpFetch, clock })
    case 'folder':
      return folderSource(place.folder, { inspect: (iso) => releases.inspect(iso), architecture })
    case undefined:
      return undefined
  }
}
