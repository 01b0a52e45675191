// docs/spec/version-discovery.md: a real server that looks for releases on a web server, and in a folder.

import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Event, eventDefinition, type Version, versionDefinition } from '@sheaf/api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { generateKeys } from '../../packages/server/src/release/minisign.ts'
import { makeSampleRelease } from '../../packages/server/src/release/sample-release.fixture.ts'
import { eventually } from '../kit/eventually.ts'
import { type ServerProcess, startServerProcess } from '../kit/server-process.ts'

let web: Server
const files: Record<string, string> = {}
let place: string
let server: ServerProcess

beforeAll(async () => {
  web = createServer(({ url = '' }, response) => {
    const text = files[url]
    response.writeHead(text === undefined ? 404 : 200).end(text)
  })
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
  place = `http://127.0.0.1:${(web.address() as AddressInfo).port}`
  files['/versions.json'] = JSON.stringify({ versions: [{ name: '99.0.0', releaseDate: '20990101' }, { name: '0.0.1' }] })
  for (const name of ['99.0.0', '0.0.1'])
    files[`/${name}/version.yaml`] =
      `apiVersion: harvesterhci.io/v1beta1\nkind: Version\nmetadata: {name: ${name}}\nspec: {isoURL: s.iso, isoChecksum: ${'ab'.repeat(64)}}\n`
  server = await startServerProcess({ environment: { SHEAF_RELEASES: place } })
})
afterAll(async () => {
  await server?.dispose()
  web?.close()
})

const versions = async () => (await server.client.resource<Version>(versionDefinition).list()).items
const names = async () => (await versions()).map(({ metadata }) => metadata.name)
const told = async (): Promise<string[]> =>
  (await server.client.resource<Event>(eventDefinition).list()).items
    .filter(({ reason }) => reason === 'ReleaseNotOffered')
    .map(({ message = '' }) => message)

test('VD2 VD5 VD6 at the start, what is newer becomes a Version', async () => {
  await eventually('it is there', async () => (await names()).length === 1)
  const [version] = await versions()
  expect(version).toMatchObject({
    metadata: {
      name: '99.0.0',
      namespace: 'harvester-system',
      labels: { 'sheaf.io/discovered': 'true' },
      annotations: { 'sheaf.io/discovered-from': place },
    },
    spec: { isoURL: `${place}/99.0.0/s.iso`, releaseDate: '20990101' },
  })
})

test('VD10 sheaf upgrade versions lists it, and why not the other', async () => {
  const { stdout, code } = await server.sheaf('upgrade', 'versions')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^99\.0\.0 +20990101 +found +yes$/m)
  expect(stdout).toMatch(/^0\.0\.1 .* no +0\.0\.1 is older than the installed/m)
  const json = await server.sheaf('upgrade', 'versions', '-o', 'json')
  expect(JSON.parse(json.stdout)).toMatchObject({ source: { place, problems: [] } })
})

test('VD8 VD9 what cannot be read is told once, and changes nothing', async () => {
  files['/versions.json'] = '<html>'
  for (let look = 0; look < 3; look++)
    expect((await server.sheaf('upgrade', 'versions', '--refresh')).stdout).toContain(`${place}/versions.json: it is not JSON`)
  expect(await names()).toEqual(['99.0.0'])
  await eventually('it is an event', async () => (await told()).length === 1)
  expect(
    server
      .log()
      .split('\n')
      .filter((line) => line.includes('a release is not offered')),
  ).toHaveLength(1)
})

test('VD4 in a folder, an ISO that somebody unknown has signed is told and not offered', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-e2e-releases-'))
  const keys = generateKeys()
  makeSampleRelease(join(folder, 'sheaf.iso'), { keys })
  const other = await startServerProcess({ environment: { SHEAF_RELEASES: folder } })
  try {
    const { stdout } = await other.sheaf('upgrade', 'versions', '--refresh')
    expect(stdout).toContain(`${folder}/sheaf.iso is not offered: it is signed by the key ${keys.id}, which is not trusted`)
    expect((await other.client.resource<Version>(versionDefinition).list()).items).toEqual([])
  } finally {
    await other.dispose()
    rmSync(folder, { recursive: true })
  }
})
