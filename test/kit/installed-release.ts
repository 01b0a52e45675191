// A release of this tree, installed from its ISO as a person would, with its supervisor running: what tests of an upgrade begin with.

import { mkdirSync, mkdtempSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Releases } from './build-releases.ts'
import { freePort } from './free-port.ts'
import { root } from './repository-root.ts'
import { run, sheafProgram } from './server-process.ts'
import { type SupervisorProcess, startSupervisorProcess } from './supervisor-process.ts'

export interface InstalledRelease extends SupervisorProcess {
  prefix: string
  releases: Releases
}

export interface InstallOptions {
  releases: Releases
  /** On a disk of the test's own. */
  folder?: string
  /** Before the first start. */
  prepare?: (prefix: string) => void
  /** Another than this tree's, and the program that installs it. */
  release?: { iso: string; program: string }
}

export async function startInstalledRelease({ releases, folder, prepare, release }: InstallOptions): Promise<InstalledRelease> {
  const own = folder ?? mkdtempSync(join(tmpdir(), 'sheaf-upgrade-'))
  const [prefix, dataFolder] = [join(own, 'sheaf'), join(own, 'data')]
  // Images of the test's own come beside the guest's, which are there once for all tests.
  const images = join(dataFolder, 'images')
  mkdirSync(images, { recursive: true })
  symlinkSync(join(root, '.generated', 'images', 'sheaf.local'), join(images, 'sheaf.local'))
  const port = await freePort()
  const { iso, program } = release ?? { iso: releases.installed, program: sheafProgram }
  const from = ['--iso', iso, '--pub', releases.publicKey]
  const words = ['install', '--prefix', prefix, '--data', dataFolder, '--port', String(port), '--no-service', ...from]
  const { code, stdout, stderr } = await run(program, words)
  if (code !== 0) throw new Error(`sheaf ${words.join(' ')}: ${stdout}${stderr}`)
  prepare?.(prefix)
  const server = await startSupervisorProcess({ folder: own, prefix, dataFolder, port })
  return Object.assign(server, { prefix, releases })
}
