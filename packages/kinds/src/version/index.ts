// The Kind Version: a release that can be upgraded to, made by hand or found where releases are published.

import { harvesterSystemNamespace, isSha512, type Version, versionDefinition } from '@sheaf/api'
import { after, type Controller, done, errorChain, type Result, startController } from '@sheaf/machinery/controller'
import type { Kind } from '@sheaf/machinery/kind'
import { deniedRequest } from '../harvester-denial.ts'
import type { Ports } from '../ports.ts'
import type { VersionDiscovery } from './discovery.ts'

export { versionActions } from './actions.ts'
export { createVersionDiscovery, type DiscoveryPorts, type VersionDiscovery } from './discovery.ts'
export type { OfferedRelease, ReleaseSource, SourceSight } from './release-source.ts'

export const versionKind: Kind<Version> = {
  definition: versionDefinition,
  admission: {
    validate({ operation, object }) {
      const { isoChecksum = '' } = object.spec
      if (operation === 'DELETE' || isoChecksum === '' || isSha512(isoChecksum)) return
      throw deniedRequest(
        `invalid isoChecksum ${isoChecksum}: it is the SHA-512 of the ISO, 128 hexadecimal digits in lower case as sha512sum prints them`,
      )
    },
  },
}

/** Harvester's: releases come every few weeks. */
const lookEveryMs = 60 * 60_000
/** The network of a machine that has just started may not be there yet. */
const lookAgainMs = 10 * 60_000
/** Machines that were started together do not ask together for ever. */
const jitterMs = 5 * 60_000

export interface VersionPorts extends Ports {
  discovery: VersionDiscovery
}

export function startVersionController({ discovery, clock, random, log }: VersionPorts): Controller {
  let dueMs = clock.now()
  let isEnding = false

  async function look(): Promise<void> {
    try {
      const { problems } = await discovery.look()
      dueMs = clock.now() + (problems.length === 0 ? lookEveryMs : lookAgainMs) + random.below(jitterMs)
    } catch (error) {
      dueMs = clock.now() + lookAgainMs + random.below(jitterMs)
      if (!isEnding) log.warn({ error: errorChain(error) }, 'releases could not be looked for')
    }
  }

  /** Begins a look and does not wait for it: whoever publishes releases may take their time, and a release on trial may not. */
  async function reconcile(): Promise<Result> {
    if (dueMs > clock.now()) return Number.isFinite(dueMs) ? after(dueMs - clock.now()) : done
    dueMs = Number.POSITIVE_INFINITY
    void look().then(() => controller.enqueue(key))
    return done
  }

  const controller = startController({ name: 'version', reconcile, sources: [], workers: 1, clock, random, log })
  controller.enqueue(key)
  return {
    ...controller,
    async stop() {
      isEnding = true
      await controller.stop()
      await discovery.stop()
    },
  }
}

/** There is one thing to do, and it has no object. */
const key = { namespace: harvesterSystemNamespace, name: 'discovery' }
