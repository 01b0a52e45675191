// What an upgrade takes. Its repo VM, from its creation to the first file that it serves, against the same QEMU command line started
// by hand, in turns; what is downloaded through it, against the same bytes read and thrown away; and the whole, station by station.

import { createHash } from 'node:crypto'
import { createWriteStream, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as pause } from 'node:timers/promises'
import {
  forwardedPortsOf,
  harvesterSystemNamespace,
  imageReferenceOf,
  type Upgrade,
  type VirtualMachine,
  type VirtualMachineImage,
  type VirtualMachineInstance,
  virtualMachineDefinition,
  virtualMachineImageDefinition,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import { findCondition } from '@sheaf/api/meta'
import { httpFetch } from '@sheaf/qemu'
import type { JournalEntry } from '../packages/kinds/src/upgrade/journal.ts'
import { releaseFile, repoMachine, servedPath, servedPort } from '../packages/kinds/src/upgrade/repo-machine.ts'
import { buildReleases, type Releases } from '../test/kit/build-releases.ts'
import { eventually } from '../test/kit/eventually.ts'
import { freePort } from '../test/kit/free-port.ts'
import { startInstalledRelease } from '../test/kit/installed-release.ts'
import { type ServerProcess, startServerProcess } from '../test/kit/server-process.ts'
import { copyLaunch, started } from './by-hand.ts'
import type { Figure } from './figure.ts'
import { median } from './median.ts'

const rounds = 5
const deadlineMs = 300_000
const lookMs = 25
const payloadPath = `${servedPath}/payload.tar.zst`

interface Measured {
  servedMs: number[]
  byHandMs: number[]
  downloadMs: number[]
  plainMs: number[]
  bytes: number
}

export async function upgrade(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-upgrade-bench-'))
  try {
    const releases = await buildReleases(folder)
    const measured = await measureRepo(folder, releases)
    return [...repoFigures(measured), await wholeFigure(releases, measured)]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measureRepo(folder: string, { next }: Releases): Promise<Measured> {
  const server = await startServerProcess({ environment: { SHEAF_IMAGE_FOLDERS: folder } })
  try {
    const image = await importIso(server, next)
    const measured: Measured = { servedMs: [], byHandMs: [], downloadMs: [], plainMs: [], bytes: 0 }
    for (let round = 0; round < rounds; round += 1) {
      const { tookMs, stateFolder, url } = await serve(server, `repo-${round}`, image)
      measured.servedMs.push(tookMs)
      const isFirstOurs = round % 2 === 0
      for (const isOurs of [isFirstOurs, !isFirstOurs]) {
        const begun = performance.now()
        measured.bytes = isOurs ? await download(url, join(folder, 'payload')) : await readPlainly(url)
        measured[isOurs ? 'downloadMs' : 'plainMs'].push(performance.now() - begun)
      }
      const port = await freePort()
      const copy = copyLaunch(stateFolder, port)
      await remove(server, `repo-${round}`)
      measured.byHandMs.push(await started(copy, () => untilServed(`http://127.0.0.1:${port}`)))
      copy.remove()
    }
    return measured
  } finally {
    await server.dispose()
  }
}

async function importIso(server: ServerProcess, iso: string): Promise<string> {
  const images = server.client.resource<VirtualMachineImage>(virtualMachineImageDefinition)
  const key = { namespace: harvesterSystemNamespace, name: 'release' }
  await images.create({
    apiVersion: 'harvesterhci.io/v1beta1',
    kind: 'VirtualMachineImage',
    metadata: key,
    spec: { displayName: 'release', sourceType: 'download', url: `file://${iso}` },
  })
  const isHere = async () => findCondition((await images.get(key)).status?.conditions, 'Imported')?.status === 'True'
  await eventually('the image', isHere, deadlineMs)
  return imageReferenceOf(key)
}

/** As an upgrade makes it, but that no upgrade owns it. */
async function serve(server: ServerProcess, name: string, image: string) {
  const upgradeNamed: Upgrade = { apiVersion: 'harvesterhci.io/v1beta1', kind: 'Upgrade', metadata: { name }, spec: {} }
  const { metadata, ...machine } = repoMachine(upgradeNamed, image)
  const { ownerReferences: _upgrade, ...own } = metadata
  const key = { namespace: own.namespace ?? '', name: own.name ?? '' }
  const begun = performance.now()
  await server.client.resource<VirtualMachine>(virtualMachineDefinition).create({ ...machine, metadata: own })
  const instances = server.client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition)
  const { instance, port } = await eventually('the way in', async () => {
    const instance = await instances.find(key)
    const port = instance && forwardedPortsOf(instance).find(({ guestPort }) => guestPort === servedPort)
    return instance && port && { instance, port }
  })
  const origin = `http://${port.hostAddress}:${port.hostPort}`
  await untilServed(origin)
  const tookMs = performance.now() - begun
  return { tookMs, stateFolder: join(server.dataFolder, 'machines', instance.metadata.uid ?? ''), url: `${origin}${payloadPath}` }
}

async function remove(server: ServerProcess, upgradeName: string): Promise<void> {
  const machines = server.client.resource<VirtualMachine>(virtualMachineDefinition)
  const key = { namespace: harvesterSystemNamespace, name: `upgrade-repo-${upgradeName}` }
  await machines.delete(key)
  await eventually('it is gone', async () => (await machines.find(key)) === undefined, deadlineMs)
}

/** A connection to a guest that is not up yet may hang: it is asked anew all the time, by as many as it takes. */
async function untilServed(origin: string): Promise<void> {
  const until = performance.now() + deadlineMs
  let isServed = false
  while (!isServed) {
    if (performance.now() > until) throw new Error(`${origin} never served ${releaseFile}`)
    void statusOf(`${origin}${releaseFile}`).then((status) => (isServed ||= status === 200))
    await pause(lookMs)
  }
}

const askMs = 500

function statusOf(url: string): Promise<number> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: askMs }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(0))
  })
}

/** As an upgrade does it: through our fetch, with its hash, onto the disk. */
async function download(url: string, path: string): Promise<number> {
  const response = await httpFetch(url)
  if (response.body === null) throw new Error(`${url} answered ${response.status} and nothing`)
  const hash = createHash('sha512')
  let bytes = 0
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      bytes += chunk.length
      done(undefined, chunk)
    },
  })
  await pipeline(Readable.fromWeb(response.body), counted, createWriteStream(path))
  return bytes
}

function readPlainly(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      let bytes = 0
      response.on('data', (chunk: Buffer) => (bytes += chunk.length))
      response.on('end', () => resolve(bytes))
      response.on('error', reject)
    }).on('error', reject)
  })
}

function repoFigures({ servedMs, byHandMs, downloadMs, plainMs, bytes }: Measured): Figure[] {
  const rate = (tookMs: number[]): string => `${(bytes / 1e3 / median(tookMs)).toFixed(0)} MB/s`
  return [
    {
      what: 'the repo VM, from its creation to the first file',
      measured: `${median(servedMs).toFixed(0)} ms`,
      against: `${median(byHandMs).toFixed(0)} ms by hand`,
      ratio: median(servedMs) / median(byHandMs),
      most: 1.1,
    },
    {
      what: `${(bytes / 1e6).toFixed(0)} MB through it, hashed and written`,
      measured: rate(downloadMs),
      against: `${rate(plainMs)} read and thrown away`,
      ratio: median(downloadMs) / median(plainMs),
      most: 1.1,
    },
  ]
}

/** Against what cannot be done without: the guest has to boot, and the bytes have to come. */
async function wholeFigure(releases: Releases, { byHandMs, plainMs }: Measured): Promise<Figure> {
  const server = await startInstalledRelease({ releases })
  try {
    const { code, stdout, stderr } = await server.sheaf('upgrade', 'start', '--iso', releases.next, '--wait')
    if (code !== 0) throw new Error(`the upgrade failed: ${stdout}${stderr}`)
    const stations = stationsIn(server.dataFolder)
    const wholeMs = stations.reduce((sum, { tookMs }) => sum + tookMs, 0)
    const needMs = median(byHandMs) + median(plainMs)
    return {
      what: `a whole upgrade: ${stations.map(({ station, tookMs }) => `${station} ${(tookMs / 1000).toFixed(1)} s`).join(', ')}`,
      measured: `${(wholeMs / 1000).toFixed(1)} s`,
      against: `${(needMs / 1000).toFixed(1)} s of booting and downloading alone`,
      ratio: wholeMs / needMs,
      most: mostOfNeed,
    }
  } finally {
    await server.dispose()
  }
}

/** Everything else together may take as long again, twice: reading the signature, a rehearsal, a copy of the store, the switch. */
const mostOfNeed = 3

function stationsIn(dataFolder: string): { station: string; tookMs: number }[] {
  const folder = join(dataFolder, 'upgrades')
  const [id = ''] = readdirSync(folder)
  const entries = readFileSync(join(folder, id, 'journal.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as JournalEntry)
  return entries.flatMap((entry) => {
    if (entry.kind !== 'done') return []
    const begun = entries.find((other) => other.kind === 'begin' && other.station === entry.station)
    return begun === undefined ? [] : [{ station: entry.station, tookMs: entry.atMs - begun.atMs }]
  })
}
