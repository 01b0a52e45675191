// Rules of the house that a machine can check.

import { describe, expect, it } from 'vitest'
import { readText, repositoryFiles, sizeOf, sourceFiles } from './repository.ts'

const packages = sourceFiles((path) => path.startsWith('packages/'))
const inRoom = (room: string) =>
  packages.filter((file) => file.path.startsWith(`packages/${room}/src/`) && !file.path.endsWith('.test.ts'))
const maxLines = 500
const maxFileBytes = 250_000

describe('the house', () => {
  it('has no word of Kubernetes in qemu', () => {
    const words = /apiVersion|resourceVersion|ObjectMeta|kubevirt|kubernetes/i
    expect(
      inRoom('qemu')
        .filter((file) => words.test(file.text))
        .map((file) => file.path),
    ).toEqual([])
  })

  it("has no Kind's name in machinery", () => {
    const words = /VirtualMachine|virtualmachine|kubevirt/
    expect(
      inRoom('machinery')
        .filter((file) => words.test(file.text))
        .map((file) => file.path),
    ).toEqual([])
  })

  it('has no Node in api, and no clock, chance or waiting of its own', () => {
    const words = /from 'node:|\bDate\.now\(|Math\.random\(|\bsetTimeout\(|\bconsole\.(log|error|warn)/
    expect(
      inRoom('api')
        .filter((file) => words.test(file.text))
        .map((file) => file.path),
    ).toEqual([])
  })

  it('decides without doing: decide, status, argv files neither wait nor touch the world', () => {
    const pure = [...inRoom('kinds'), ...inRoom('qemu')].filter((file) =>
      /\/(decide|status|argv|launch-plan|state-change-requests|start-failure)\.ts$/.test(file.path),
    )
    expect(pure.length).toBeGreaterThan(3)
    const words = /\bawait\b|from 'node:(fs|net|child_process)|Date\.now\(|Math\.random\(|setTimeout\(/
    expect(pure.filter((file) => words.test(file.text)).map((file) => file.path)).toEqual([])
  })

  it('names no file after nothing', () => {
    const empty = /(^|\/)(utils?|helpers?|common|manager|services?|misc)(\.|\/|-)/
    // There the word is the Kind's name.
    const ofService = /^(packages\/api\/src\/core\/v1\/service|packages\/kinds\/src\/service\/|docs\/spec\/service\.md)/
    expect(repositoryFiles().filter((path) => empty.test(path) && !ofService.test(path))).toEqual([])
  })

  it('gives every Kind the same file names', () => {
    const folders = new Set(
      inRoom('kinds')
        .map((file) => file.path.split('/')[3] ?? '')
        .filter((name) => !name.endsWith('.ts')),
    )
    const paths = new Set(packages.map((file) => file.path))
    expect(folders.size).toBeGreaterThan(5)
    expect([...folders].filter((folder) => !paths.has(`packages/kinds/src/${folder}/index.ts`))).toEqual([])
  })

  it(`keeps files under ${maxLines} lines`, () => {
    const sources = sourceFiles((path) => !path.endsWith('.test.ts'))
    expect(sources.filter((file) => file.text.split('\n').length > maxLines).map((file) => file.path)).toEqual([])
  })

  it('keeps the repository small and finished', () => {
    const files = repositoryFiles()
    expect(files.filter((path) => sizeOf(path) > maxFileBytes && path !== 'package-lock.json')).toEqual([])
    const unfinished = new RegExp(['FIX' + 'ME', '\\b(it|describe|test)\\.on' + 'ly\\b'].join('|'))
    expect(
      sourceFiles(() => true)
        .filter((file) => unfinished.test(file.text))
        .map((file) => file.path),
    ).toEqual([])
  })

  it('gives every room a page and every decision its four parts', () => {
    const files = new Set(repositoryFiles())
    for (const room of ['api', 'machinery', 'qemu', 'upgrade', 'kinds', 'server', 'cli', 'web'])
      expect(files).toContain(`packages/${room}/README.md`)
    const decisions = [...files].filter((path) => /^docs\/adr\/\d{4}-.*\.md$/.test(path))
    expect(decisions.length).toBeGreaterThan(8)
    for (const path of decisions) {
      for (const part of ['## Context', '## Decision', '## Consequences', '## What would change our mind']) {
        expect(readText(path), path).toContain(part)
      }
    }
  })
})
