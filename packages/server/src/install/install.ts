// Puts a release and its supervisor into a folder. Run again it mends what is missing; cut short, it leaves what was there, or
// what a second run completes: slots.json, which makes it an installation, comes last.

import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { acquireInstanceLock, InstanceLocked } from '@sheaf/machinery/store'
import { openIso } from '../release/iso-files.ts'
import { type PublicKey, publicKeyText } from '../release/minisign.ts'
import { ownVersion } from '../release/own-release.ts'
import { unpackPayload } from '../release/unpack-payload.ts'
import { type Release, ReleaseRefused } from '../release/verify-release.ts'
import { readSlots, releaseFolder, type Slots, SlotsUnreadable, writeSlots } from '../supervisor/slots.ts'
import { decideInstall } from './decide.ts'
import { programPath, strangeEntry, supervisorFolder, trustFolder } from './layout.ts'
import { copyOwnRelease } from './own-slot.ts'
import { prefixProgramText, type Settings } from './prefix-program.ts'

/** The program that runs this, or a release whose files have been checked. */
export type Source = { kind: 'self' } | { kind: 'iso'; path: string; release: Release }

export interface Installation extends Settings {
  prefix: string
  source: Source
  trusted: readonly PublicKey[]
  allowsDowngrade: boolean
  now: Date
}

/** What was asked cannot be; the message says why, and what would work. */
export class InstallRefused extends Error {}

export interface InstalledRelease {
  version: string
  kind: 'first' | 'repair' | 'replace'
}

/** Throws InstallRefused; then nothing was changed. */
export async function install(installation: Installation): Promise<InstalledRelease> {
  const { prefix, dataFolder, port, source, trusted, allowsDowngrade, now } = installation
  const version = source.kind === 'self' ? ownVersion() : source.release.metadata.version
  const slots = slotsIn(prefix)
  const decision = decideInstall({
    prefix,
    dataFolder,
    version,
    installed: slots?.current,
    strangeEntry: strangeEntry(prefix),
    isServing: await isServing(dataFolder),
    allowsDowngrade,
  })
  if (decision.kind === 'refuse') throw new InstallRefused(decision.why)
  for (const path of [join(prefix, 'releases'), supervisorFolder(prefix), trustFolder(prefix), dirname(programPath(prefix))])
    mkdirSync(path, { recursive: true })
  for (const key of trusted) replaceFile(join(trustFolder(prefix), `${key.id}.pub`), publicKeyText(key))
  const slot = releaseFolder(prefix, version)
  await fillSlot(source, slot, now)
  installSupervisor(slot, supervisorFolder(prefix))
  replaceFile(programPath(prefix), prefixProgramText({ dataFolder, port }), 0o755)
  const next = slotsAfter(slots, version)
  if (next !== slots) writeSlots(prefix, next)
  return { version, kind: decision.kind }
}

/** What cannot be read is written anew: that is what somebody is told to install for. */
function slotsIn(prefix: string): Slots | undefined {
  try {
    return readSlots(prefix)
  } catch (error) {
    if (error instanceof SlotsUnreadable) return undefined
    throw error
  }
}

function slotsAfter(slots: Slots | undefined, version: string): Slots {
  if (slots === undefined) return { current: version }
  return slots.current === version ? slots : { current: version, previous: slots.current }
}

/** The folder may not be there yet. */
export async function isServing(dataFolder: string): Promise<boolean> {
  if (!existsSync(dataFolder)) return false
  try {
    const lock = await acquireInstanceLock(dataFolder)
    lock.release()
    return false
  } catch (error) {
    if (error instanceof InstanceLocked) return true
    throw error
  }
}

async function fillSlot(source: Source, folder: string, now: Date): Promise<void> {
  if (source.kind === 'self') return copyOwnRelease(folder, now)
  const { metadata, files } = source.release
  const { path } = metadata.payload
  const listed = files.find((file) => file.path === path)
  if (listed === undefined) throw new ReleaseRefused('damaged', `the signed manifest does not list ${path}`)
  await unpackPayload({ archive: (await openIso(source.path)).stream(path), listed, metadata, folder })
}

/** With a Node of its own: releases come and go. A supervisor that runs keeps what it has loaded. */
function installSupervisor(slot: string, folder: string): void {
  for (const [from, to] of [
    [join(slot, 'dist', 'supervisor.mjs'), join(folder, 'supervisor.mjs')],
    [join(slot, 'bin', 'node'), join(folder, 'node')],
  ] as const) {
    copyFileSync(from, `${to}.new`)
    chmodSync(`${to}.new`, 0o755)
    renameSync(`${to}.new`, to)
  }
}

function replaceFile(path: string, text: string, mode = 0o644): void {
  writeFileSync(`${path}.new`, text, { mode })
  renameSync(`${path}.new`, path)
}
