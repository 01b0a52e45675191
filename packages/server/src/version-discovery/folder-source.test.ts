// docs/spec/version-discovery.md: releases in a real folder, as ISOs and as manifests.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { trustFolder } from '../install/layout.ts'
import { releaseFiles } from '../platform/release-files.ts'
import { metadataText } from '../release/metadata.ts'
import { generateKeys } from '../release/minisign.ts'
import { makeSampleRelease, sampleMetadata } from '../release/sample-release.fixture.ts'
import { folderSource } from './folder-source.ts'

const [keys, strangers] = [generateKeys(), generateKeys()]
const sum = 'ab'.repeat(64)

let root: string
let folder: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sheaf-releases-'))
  folder = join(root, 'releases')
  mkdirSync(join(folder, '1.3.0'), { recursive: true })
  mkdirSync(trustFolder(root))
  writeFileSync(join(trustFolder(root), 'release.pub'), keys.publicFile)
})
afterEach(() => rmSync(root, { recursive: true }))

const at = (...names: string[]): string => join(folder, ...names)
const iso = (name: string, version: string, signer = keys): string =>
  makeSampleRelease(at(name), { keys: signer, description: metadataText({ ...sampleMetadata, version }) })
const manifest = (name: string, spec = `{isoURL: "${name}.iso", isoChecksum: ${sum}}`): void =>
  writeFileSync(
    at('1.3.0', 'version.yaml'),
    `apiVersion: harvesterhci.io/v1beta1\nkind: Version\nmetadata: {name: "${name}"}\nspec: ${spec}\n`,
  )
const look = () =>
  folderSource(folder, { inspect: releaseFiles(root).inspect, architecture: 'x64' }).look(new AbortController().signal)

describe('releases of a folder', () => {
  it('VD4 are its ISOs, as they describe themselves', async () => {
    const path = iso('sheaf.iso', '1.2.0')
    writeFileSync(at('README'), 'hello')
    expect(await look()).toEqual({
      offered: [
        {
          name: '1.2.0',
          isoURL: pathToFileURL(path).href,
          releaseDate: '2027-01-01T00:00:00.000Z',
          minUpgradableVersion: '1.0.0',
        },
      ],
      unread: [],
      problems: [],
    })
  })

  it('VD4 one that nobody who is trusted has signed is told and not offered', async () => {
    iso('theirs.iso', '9.9.9', strangers)
    const { offered, problems } = await look()
    expect(offered).toEqual([])
    expect(problems).toEqual([
      `${at('theirs.iso')} is not offered: it is signed by the key ${strangers.id}, which is not trusted; trusted here: ${keys.id}`,
    ])
  })

  it('VD4 whoever is trusted later has theirs offered at the next look', async () => {
    iso('theirs.iso', '9.9.9', strangers)
    writeFileSync(join(trustFolder(root), 'theirs.pub'), strangers.publicFile)
    expect((await look()).offered.map(({ name }) => name)).toEqual(['9.9.9'])
  })

  it('VD4 VD9 what is no release, or not whole yet, is told', async () => {
    writeFileSync(at('half.iso'), 'half of it')
    const { offered, problems } = await look()
    expect(offered).toEqual([])
    expect(problems).toEqual([expect.stringContaining(`${at('half.iso')} is not offered`)])
  })

  it('VD4 are manifests as a web server would have them, with an ISO beside them', async () => {
    manifest('1.3.0')
    expect((await look()).offered).toEqual([
      { name: '1.3.0', isoURL: pathToFileURL(at('1.3.0', '1.3.0.iso')).href, isoChecksum: sum },
    ])
  })

  it('VD4 an ISO goes before the manifest of the same release', async () => {
    const path = iso('1.3.0/1.3.0.iso', '1.3.0')
    manifest('1.3.0', `{isoURL: "https://elsewhere.example/a.iso", isoChecksum: ${sum}}`)
    const { offered, problems } = await look()
    expect(offered.map(({ isoURL }) => isoURL)).toEqual([pathToFileURL(path).href])
    expect(problems).toEqual([expect.stringContaining('is 1.3.0, and so is')])
  })

  it('VD9 a manifest that is none is told', async () => {
    writeFileSync(at('1.3.0', 'version.yaml'), 'a: [')
    expect((await look()).problems).toEqual([`${at('1.3.0', 'version.yaml')} is not offered: it is not YAML`])
    writeFileSync(at('1.3.0', 'version.yaml'), ' '.repeat(70_000))
    expect((await look()).problems).toEqual([expect.stringContaining('has 70000 bytes, which is more than it can have')])
  })

  it('VD4 links are left alone', async () => {
    const path = makeSampleRelease(join(root, 'elsewhere.iso'), { keys })
    symlinkSync(path, at('link.iso'))
    expect(await look()).toEqual({ offered: [], unread: [], problems: [] })
  })

  it('VD9 of very many the first are looked at', async () => {
    for (let index = 0; index < 105; index++) {
      mkdirSync(at(`${index}`))
      writeFileSync(at(`${index}`, 'version.yaml'), '')
    }
    const { problems } = await look()
    expect(problems[0]).toBe(`${folder} holds 105 releases and the first 100 are looked at`)
    expect(problems).toHaveLength(101)
  })

  it('VD8 a folder that is not there fails the look', async () => {
    rmSync(folder, { recursive: true })
    await expect(look()).rejects.toThrow(`there is no folder ${folder}`)
  })
})
