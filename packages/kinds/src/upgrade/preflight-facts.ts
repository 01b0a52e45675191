// What the checks before an upgrade look at, gathered: from the host, from the hypervisor and from what is stored.

import {
  type DeprecatedFieldUse,
  deprecatedFieldUseDefinition,
  deprecationRules,
  findDeprecations,
  pathText,
  type Upgrade,
  upgradeAnnotations,
  upgradeLabels,
  type VirtualMachine,
  virtualMachineDefinition,
} from '@sheaf/api'
import { type Client, servedKinds, walkStored } from '@sheaf/api/client'
import { keyOf, keyText } from '@sheaf/api/meta'
import { overheadBytes } from '@sheaf/qemu'
import { type Preflight, preflight, type PreflightFacts, type ReleaseFacts } from '@sheaf/upgrade'
import { findStrayGuests } from '../node/stray-guests.ts'
import { upgradeHistory } from './history.ts'
import { leftoverNames } from './leftovers.ts'
import { machinesOnOlderQemu } from './on-older-qemu.ts'
import type { Release } from './platform.ts'
import type { UpgradePorts } from './ports.ts'
import { repoMemoryBytes } from './repo-machine.ts'
import { imagesArriving, workInProgress } from './work-in-progress.ts'

/** What takes room. */
export interface ReleaseSize {
  /** Of the ISO, where it is to be brought here; 0 when it is here. */
  downloadBytes: number
  unpackedBytes: number
  unpackedFiles: number
}

/** Of releases so far, with room to grow: where the release itself cannot be asked yet. */
const usualSize: ReleaseSize = { downloadBytes: 250 * 1024 ** 2, unpackedBytes: 300 * 1024 ** 2, unpackedFiles: 2_000 }
/** Before the upgrade, at the hand-over, and the one that is rehearsed on. */
const storeCopies = 3
/** The store, logs and guests go on writing meanwhile. */
const breathingBytes = 256 * 1024 ** 2
const breathingFiles = 1_000

export interface Known {
  release: Omit<ReleaseFacts, 'newestSeenVersion'>
  size: ReleaseSize
}

/** Of a release that is here and whose signature holds. */
export function releaseFactsOf(release: Release): Known {
  const { version, minUpgradableVersion, minSupervisorVersion, keyId, releaseDate, expires, knownRisks, payload } = release
  return {
    release: {
      version,
      minUpgradableVersion,
      minSupervisorVersion,
      signature: { state: 'trusted', keyId },
      releasedMs: msOf(releaseDate),
      expiresMs: msOf(expires),
      knownRisks,
    },
    size: { downloadBytes: 0, unpackedBytes: payload.unpackedBytes, unpackedFiles: payload.unpackedFiles },
  }
}

/** Of one that is only announced. */
export function announcedRelease(version: string, minUpgradableVersion: string | undefined, releaseDate?: string): Known {
  return {
    release: {
      version,
      minUpgradableVersion,
      minSupervisorVersion: undefined,
      signature: undefined,
      releasedMs: msOf(releaseDate),
      expiresMs: undefined,
      knownRisks: [],
    },
    size: usualSize,
  }
}

function msOf(time: string | undefined): number | undefined {
  const ms = Date.parse(time ?? '')
  return Number.isNaN(ms) ? undefined : ms
}

export interface PreflightOptions {
  overridden: readonly string[]
  /** The upgrade that asks: what it has made itself is no leftover. */
  except?: Upgrade
}

export async function preflightOf(
  known: Known,
  ports: UpgradePorts,
  { overridden, except }: PreflightOptions,
): Promise<Preflight> {
  const facts = await gather(known, ports, except)
  return preflight(facts, [...overridden, ...certificateOverride(facts, except)])
}

async function gather({ release, size }: Known, ports: UpgradePorts, except: Upgrade | undefined): Promise<PreflightFacts> {
  const { platform, hypervisor, clock } = ports
  const [host, machines, capabilities, history, inProgress, arriving, stored] = await Promise.all([
    platform.facts(),
    ports.client.resource<VirtualMachine>(virtualMachineDefinition).list(),
    hypervisor.capabilities(),
    upgradeHistory(ports),
    workInProgress(ports.client),
    imagesArriving(ports.client),
    storedDeprecations(ports.client),
  ])
  const { version: installedVersion, supervisorVersion } = platform.installed()
  const needed = size.downloadBytes + size.unpackedBytes + storeCopies * host.storeBytes + breathingBytes
  return {
    installedVersion,
    supervisorVersion,
    release: { ...release, newestSeenVersion: history.newestVersion },
    nowMs: clock.now(),
    disk: { path: host.disk.path, free: host.disk.freeBytes, needed },
    inodes: { path: host.inodes.path, free: host.inodes.freeFiles, needed: size.unpackedFiles + breathingFiles },
    memory: { free: capabilities.memoryBytes, needed: repoMemoryBytes + overheadBytes },
    clockIsKept: host.clockIsKept,
    certificateEndsMs: host.certificateEndsMs,
    authorityEndsMs: host.authorityEndsMs,
    storeProblem: host.storeProblem,
    inProgress,
    imagesArriving: arriving,
    machinesInTransition: machines.items.filter(isInTransition).map((machine) => keyText(keyOf(machine))),
    machinesNotAdopted: await findStrayGuests(ports),
    deprecated: { stored, clients: await clientsOf(ports) },
    qemu: {
      hostVersion: host.qemuVersion,
      machinesOnOlder: (await machinesOnOlderQemu(ports)).map(({ name }) => name),
      unsupportedMachineTypes: unsupported(machines.items, capabilities.emulator?.machineTypes),
    },
    leftovers: await leftoverNames(ports, history.upgrades, except),
  }
}

const transitions: readonly string[] = ['Starting', 'Stopping', 'Migrating', 'Provisioning', 'Terminating']

/** The repo VM of an upgrade is its own business. */
function isInTransition({ metadata, status }: VirtualMachine): boolean {
  return metadata.labels?.[upgradeLabels.upgrade] === undefined && transitions.includes(status?.printableStatus ?? '')
}

/** Of every Kind that has such fields, as sheaf migrate-storage looks for them. */
async function storedDeprecations(client: Client): Promise<{ field: string; count: number }[]> {
  const { resources } = await servedKinds(
    client,
    deprecationRules.flatMap(({ places }) => places),
  )
  const { kept: fields } = await walkStored(client, resources, {}, (object) => [
    ...new Set(findDeprecations(object).map(({ path }) => (path[0] === 'spec' ? '' : `${object.kind} `) + pathText(path))),
  ])
  return [...Map.groupBy(fields, (field) => field)].map(([field, all]) => ({ field, count: all.length }))
}

async function clientsOf({ client }: UpgradePorts): Promise<string[]> {
  const { items } = await client.resource<DeprecatedFieldUse>(deprecatedFieldUseDefinition).list()
  return [...new Set(items.map((use) => use.client))]
}

/** Alias names such as `q35` are every QEMU's. */
function unsupported(machines: readonly VirtualMachine[], known: ReadonlySet<string> | undefined): string[] {
  const named = machines.flatMap(({ spec }) => spec.template.spec.domain.machine?.type ?? [])
  return known === undefined ? [] : [...new Set(named)].filter((type) => type !== 'q35' && !known.has(type))
}

/** Harvester's: for so many days at least the certificates must hold, where our own limit asks for more. */
function certificateOverride(
  { certificateEndsMs, authorityEndsMs, nowMs }: PreflightFacts,
  upgrade: Upgrade | undefined,
): string[] {
  const days = Number(upgrade?.metadata.annotations?.[upgradeAnnotations.minCertificateDays] ?? Number.NaN)
  const left = (Math.min(certificateEndsMs, authorityEndsMs) - nowMs) / (24 * 60 * 60 * 1000)
  return days > 0 && left >= days ? ['certificates'] : []
}
