// Builds a program that is published as a Go module, at one version, with Go's own tools and checksums.

import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../kit/server-process.ts'

export interface GoProgram {
  module: string
  version: string
  /** Of the main package, in the module. */
  package: string
  /**
   * The module replaces modules that it needs by other versions, which counts for itself alone: whoever builds it has to say
   * the same. Those that it replaces by folders of its own repository are the published ones of its own version.
   */
  takesReplacements?: true
}

/** The path of the program; built once, then kept. Takes minutes. */
export async function buildGoProgram(wanted: GoProgram, cacheFolder: string): Promise<string> {
  const folder = join(cacheFolder, `${wanted.module.replaceAll('/', '-')}@${wanted.version}`)
  const path = join(folder, 'program')
  if (existsSync(path)) return path
  mkdirSync(folder, { recursive: true })
  if (!existsSync(join(folder, 'go.mod'))) await go(folder, 'mod', 'init', 'sheaf.test/client')
  if (wanted.takesReplacements) await takeReplacements(folder, wanted)
  await go(folder, 'get', '-tool', `${wanted.package}@${wanted.version}`)
  await go(folder, 'build', '-o', path, wanted.package)
  return path
}

/** Builds a program of a module of ours, whose go.mod and go.sum pin what it needs. */
export async function buildOwnGoProgram(
  module: string,
  { main, path, linkerFlags = '' }: { main: string; path: string; linkerFlags?: string | undefined },
): Promise<string> {
  await go(module, 'build', '-ldflags', linkerFlags, '-o', path, main)
  return path
}

interface ModuleFile {
  Replace: { Old: { Path: string; Version?: string }; New: { Path: string; Version?: string } }[] | null
}

async function takeReplacements(folder: string, { module, version }: GoProgram): Promise<void> {
  const { GoMod } = JSON.parse(await go(folder, 'mod', 'download', '-json', `${module}@${version}`)) as { GoMod: string }
  const { Replace } = JSON.parse(await go(folder, 'mod', 'edit', '-json', GoMod)) as ModuleFile
  const options = (Replace ?? []).map(({ Old, New }) => {
    const isFolder = New.Version === undefined
    return `-replace=${Old.Path}=${isFolder ? `${Old.Path}@${version}` : `${New.Path}@${New.Version}`}`
  })
  await go(folder, 'mod', 'edit', ...options)
}

async function go(folder: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run('go', ['-C', folder, ...args])
  if (code !== 0) throw new Error(`go ${args.join(' ')} failed: ${stderr.trim().split('\n').slice(-3).join(' · ')}`)
  return stdout
}
