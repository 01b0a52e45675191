// Looks where releases are published and makes Versions of what this machine can be upgraded to. What it saw last is told to
// whoever asks; what is wrong is told once.

import {
  harvesterSystemNamespace,
  type Node,
  nodeDefinition,
  type Upgrade,
  upgradeDefinition,
  type Version,
  versionDefinition,
} from '@sheaf/api'
import { isAlreadyExists, isConflict, isNotFound, keyOf, StatusError } from '@sheaf/api/meta'
import { errorChain } from '@sheaf/machinery/controller'
import type { Ports } from '../ports.ts'
import { isFinished } from '../upgrade/names.ts'
import type { Platform } from '../upgrade/platform.ts'
import { decideVersions, type VersionChanges } from './decide.ts'
import type { ReleaseSource, SourceSight } from './release-source.ts'

export interface DiscoveryPorts extends Ports {
  /** Undefined: nobody wants it, which is the default. */
  releaseSource: ReleaseSource | undefined
  platform: Pick<Platform, 'installed'>
  nodeName: string
}

export interface Look {
  atMs: number
  /** Sentences: what could not be read, or is not believed. */
  problems: readonly string[]
  passedOver: VersionChanges['passedOver']
}

export interface VersionDiscovery {
  /** Of the source; undefined where there is none. */
  readonly place: string | undefined
  /** Whoever asks while one is under way waits for that one. */
  look(): Promise<Look>
  last(): Look | undefined
  /** Ends a look that is under way. Resolves when it has ended. */
  stop(): Promise<void>
}

/** Whoever publishes a hundred broken releases is told of the first few. */
const mostTold = 10
/** What there is where nobody looks: what an earlier source has left behind goes. */
const nothing: SourceSight = { offered: [], unread: [], problems: [] }

export function createVersionDiscovery(ports: DiscoveryPorts): VersionDiscovery {
  const { releaseSource: source, clock } = ports
  const ending = new AbortController()
  const told = new Set<string>()
  let last: Look | undefined
  let underWay: Promise<Look> | undefined

  async function look(): Promise<Look> {
    const { sight, problems } = await see(source, ending.signal)
    const changes = decideVersions({ sight, place: source?.place ?? '', ...(await world(ports)) })
    const refusals = await carryOut(changes, ports)
    last = { atMs: clock.now(), problems: [...problems, ...refusals], passedOver: changes.passedOver }
    await tell(last.problems, told, ports)
    return last
  }

  return {
    place: source?.place,
    look() {
      underWay ??= look().finally(() => (underWay = undefined))
      return underWay
    },
    last: () => last,
    async stop() {
      ending.abort(new Error('the server ends'))
      await underWay?.catch(() => {})
    },
  }
}

async function see(
  source: ReleaseSource | undefined,
  signal: AbortSignal,
): Promise<{ sight: SourceSight | undefined; problems: readonly string[] }> {
  if (source === undefined) return { sight: nothing, problems: [] }
  try {
    const sight = await source.look(signal)
    return { sight, problems: sight.problems }
  } catch (error) {
    signal.throwIfAborted()
    return { sight: undefined, problems: [errorChain(error)] }
  }
}

async function world({ client, platform }: DiscoveryPorts) {
  const { items: versions } = await versionsOf(client).list({ namespace: harvesterSystemNamespace })
  const { items: upgrades } = await client.resource<Upgrade>(upgradeDefinition).list({ namespace: harvesterSystemNamespace })
  const inUse = new Set(upgrades.filter((each) => !isFinished(each)).map(({ spec }) => spec.version ?? ''))
  return { versions, installed: platform.installed().version, inUse }
}

/** Answers what was refused, in sentences. Whatever somebody else did at the same time is looked at the next time. */
async function carryOut({ make, update, remove }: VersionChanges, { client }: DiscoveryPorts): Promise<string[]> {
  const refusals: string[] = []
  const attempt = async ({ metadata }: Version, write: () => Promise<unknown>): Promise<void> => {
    try {
      await write()
    } catch (error) {
      if (isAlreadyExists(error) || isConflict(error) || isNotFound(error)) return
      if (!(error instanceof StatusError) || error.code >= 500) throw error
      refusals.push(`the release ${metadata.name} is not offered: ${error.message}`)
    }
  }
  const versions = versionsOf(client)
  for (const version of make) await attempt(version, () => versions.create(version))
  for (const version of update) await attempt(version, () => versions.update(version))
  for (const version of remove) await attempt(version, () => versions.delete(keyOf(version)))
  return refusals
}

/** What is still wrong at the next look is not said again; what went and comes back is. */
async function tell(problems: readonly string[], told: Set<string>, { client, events, log, nodeName }: DiscoveryPorts) {
  const news = problems.filter((problem) => !told.has(problem)).slice(0, mostTold)
  for (const each of told) if (!problems.includes(each)) told.delete(each)
  if (news.length === 0) return
  const node = await client.resource<Node>(nodeDefinition).find({ namespace: '', name: nodeName })
  for (const problem of news) {
    told.add(problem)
    log.warn({ problem }, 'a release is not offered')
    if (node !== undefined) events.record(node, { type: 'Warning', reason: 'ReleaseNotOffered', message: problem })
  }
}

const versionsOf = (client: Ports['client']) => client.resource<Version>(versionDefinition)
