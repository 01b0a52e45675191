// The API server against Kubernetes' own: kube-apiserver over etcd, on this machine, in the same run, under the same load. With
// both what is acknowledged outlives a power cut, and both ask who may do what and write it down.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineCustomResources } from '../test/differential/define-custom-resources.ts'
import { referenceBinaries, startReferenceServer } from '../test/differential/reference-server.ts'
import { root } from '../test/kit/repository-root.ts'
import { readKubeconfig, startServerProcess } from '../test/kit/server-process.ts'
import type { Figure } from './figure.ts'
import { median } from './median.ts'

interface Loaded {
  url: string
  token: string
  authorityFile: string
  pids: readonly number[]
}

/** What `load` tells of a scenario. */
interface Outcome {
  perSecond: number
  p50Ms: number
  p99Ms: number
}

interface Scenario {
  name: string
  what: string
  /** Ours over theirs: so many times as many a second is promised. */
  timesAsMany: number
}

/** In this order: the later ones read what the earlier ones wrote. */
const scenarios: readonly Scenario[] = [
  { name: 'create', what: 'durable creates', timesAsMany: 2 },
  { name: 'update', what: 'durable updates', timesAsMany: 2 },
  { name: 'get', what: 'gets', timesAsMany: 1 },
  { name: 'list', what: 'lists of 1,000 VMs, 500 a page', timesAsMany: 1 },
  { name: 'watch', what: 'changes told to 1,000 watchers', timesAsMany: 1 },
]
const mostOfTheirMemory = 0.25

interface Measured {
  outcomes: readonly Outcome[]
  memoryMiB: number
}

/** What a machine can do changes from minute to minute. */
const rounds = 3

/** In turns, never side by side: a kube-apiserver that has nothing to do takes a tenth of a processor all the same. */
export async function apiServer(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-load-'))
  const load = join(folder, 'load')
  execFileSync('go', ['build', '-o', load, '.'], { cwd: join(root, 'bench/load'), stdio: 'inherit' })
  try {
    const theirs: Measured[] = []
    const ours: Measured[] = []
    for (let round = 0; round < rounds; round++) {
      theirs.push(await measureTheirs(load))
      ours.push(await measureOurs(load, join(folder, 'ca.crt')))
    }
    const figures = scenarios.flatMap((scenario, index) => figuresOf(scenario, middleOf(ours, index), middleOf(theirs, index)))
    return [...figures, memoryFigure(ours, theirs)]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function measureTheirs(load: string): Promise<Measured> {
  const server = await startReferenceServer({ binaries: referenceBinaries, asInUse: true })
  try {
    await defineCustomResources(server)
    return measure(load, server)
  } finally {
    await server.stop()
  }
}

async function measureOurs(load: string, authorityFile: string): Promise<Measured> {
  const server = await startServerProcess()
  try {
    const { server: address, authorityPem, authorization } = readKubeconfig(server.kubeconfig)
    writeFileSync(authorityFile, authorityPem)
    const token = authorization.replace('Bearer ', '')
    return measure(load, { url: address.origin, token, authorityFile, pids: [server.pid] })
  } finally {
    await server.dispose()
  }
}

function measure(load: string, server: Loaded): Measured {
  const outcomes = scenarios.map((scenario) => outcomeOf(load, scenario, server))
  return { outcomes, memoryMiB: server.pids.reduce((sum, pid) => sum + memoryKibibytes(pid), 0) / 1024 }
}

function outcomeOf(load: string, { name }: Scenario, { url, token, authorityFile }: Loaded): Outcome {
  const env = { ...process.env, LOAD_SERVER: url, LOAD_TOKEN: token, LOAD_CA: authorityFile }
  return JSON.parse(execFileSync(load, [name], { env, encoding: 'utf8' })) as Outcome
}

/** Each figure by itself: the middle one of all rounds. */
function middleOf(measured: readonly Measured[], scenario: number): Outcome {
  const of = (figure: keyof Outcome): number => median(measured.map(({ outcomes }) => outcomes[scenario]?.[figure] ?? Number.NaN))
  return { perSecond: of('perSecond'), p50Ms: of('p50Ms'), p99Ms: of('p99Ms') }
}

function figuresOf({ what, timesAsMany }: Scenario, ours: Outcome, theirs: Outcome): Figure[] {
  const rate = ({ perSecond }: Outcome): string => `${perSecond.toFixed(0)}/s`
  const wait = ({ p50Ms, p99Ms }: Outcome): string => `${p99Ms.toFixed(1)} ms (half within ${p50Ms.toFixed(1)})`
  return [
    {
      what,
      measured: rate(ours),
      against: `${rate(theirs)} of kube-apiserver`,
      ratio: theirs.perSecond / ours.perSecond,
      most: 1 / timesAsMany,
    },
    {
      what: `${what}, 99 of 100 within`,
      measured: wait(ours),
      against: `${wait(theirs)} of kube-apiserver`,
      ratio: ours.p99Ms / theirs.p99Ms,
      most: 1,
    },
  ]
}

function memoryFigure(ours: readonly Measured[], theirs: readonly Measured[]): Figure {
  const [own, other] = [ours, theirs].map((measured) => median(measured.map(({ memoryMiB }) => memoryMiB))) as [number, number]
  return {
    what: 'memory under the objects of all that',
    measured: `${own.toFixed(0)} MiB`,
    against: `${other.toFixed(0)} MiB of kube-apiserver and etcd`,
    ratio: own / other,
    most: mostOfTheirMemory,
  }
}

/** Its share of pages that others use too counts once. */
function memoryKibibytes(pid: number): number {
  const [, kibibytes] = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? []
  return Number(kibibytes)
}
