// In a rehearsal nothing is brought here and nothing is upgraded: what would be, is left as it is.

import type { Platform, ServiceListening, VirtualMachineImageStore, VolumeStore } from '@sheaf/kinds'
import { ownVersion } from '../release/own-release.ts'

const refuse = (): never => {
  throw new Error('this is a rehearsal: nothing is installed, fetched or switched')
}
const refuseLater = async (): Promise<never> => refuse()

/** Images seem to be on their way, which makes nobody begin or end anything. */
export const stillImageStore: VirtualMachineImageStore = {
  look: async () => ({ kind: 'receiving', receivedBytes: 0, totalBytes: undefined }),
  download: () => {},
  upload: refuseLater,
  urlProblem: () => undefined,
  remove: async () => {},
  onChange: () => ({ close: () => {} }),
}

/** Disks seem to be made, and those that are there stay. */
export const stillVolumeStore: VolumeStore = { ensure: async (name) => `/nowhere/${name}`, remove: async () => {} }

/** Ports seem to be open, and nobody ever comes in. */
export const stillListening: ServiceListening = {
  address: '127.0.0.1',
  reachedAt: () => '127.0.0.1',
  listen: async () => ({ close: async () => {} }),
  answerHealth: async () => ({ close: async () => {} }),
}

export const stillPlatform: Platform = {
  process: 'a rehearsal',
  installed: () => ({ version: ownVersion(), supervisorVersion: undefined, previous: undefined, outcome: undefined }),
  releases: {
    verify: refuseLater,
    inspect: refuseLater,
    fetch: refuseLater,
    list: async () => [],
    migrationsOf: async () => [],
    discard: refuseLater,
    serveIso: refuseLater,
  },
  store: { copy: refuseLater, hasCopy: async () => false, removeCopies: refuseLater },
  rehearse: refuseLater,
  migrate: refuseLater,
  switchTo: refuseLater,
  journal: () => ({ append: refuseLater, read: async () => [] }),
  rollbackJournal: () => ({ append: refuseLater, read: async () => [] }),
  log: () => ({ append: refuse, path: '', async *read() {} }),
  bundle: () => ({ make: refuseLater, read: async () => undefined }),
  facts: refuseLater,
  leftovers: { find: async () => [], remove: refuseLater },
  renewCertificates: refuseLater,
  forget: refuseLater,
}
