// The judge: a real kube-apiserver over a real etcd, both built from their Go modules, for as long as cases are recorded or
// loads are compared.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request as httpsRequest } from 'node:https'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../kit/free-port.ts'
import { root as repositoryRoot } from '../kit/repository-root.ts'
import type { SentRequest, TestedServer } from './exchange-case.ts'
import type { Answer } from './normalise.ts'
import { warningText } from './warning-text.ts'

export interface ReferenceServer extends TestedServer {
  readonly url: string
  readonly token: string
  /** The path of the PEM of what its certificate is believed by. */
  readonly authorityFile: string
  readonly pids: readonly number[]
  stop(): Promise<void>
}

export interface ReferenceOptions {
  /** Where the programs are, or are built to. */
  binaries: string
  /**
   * Whether what it has acknowledged outlives a power cut, it asks its roles who may do what, and it writes down who did. Answers are
   * the same without, and come sooner.
   */
  asInUse: boolean
}

/** Where the programs are kept: $SHEAF_REFERENCE_BINARIES, or the cache of the home folder. */
export const referenceBinaries = process.env['SHEAF_REFERENCE_BINARIES'] ?? join(homedir(), '.cache/sheaf-reference')

const token = 'differential'
const startTimeoutMs = 120_000
const pollMs = 250
const secondMs = 1_100

/** Builds what is not built yet: some ten minutes on two cores, once. */
export async function startReferenceServer({ binaries, asInUse }: ReferenceOptions): Promise<ReferenceServer> {
  build(binaries)
  const folder = mkdtempSync(join(tmpdir(), 'reference-'))
  const [etcdPort, peerPort, port] = [await freePort(), await freePort(), await freePort()]
  const durability = asInUse ? [] : ['--unsafe-no-fsync']
  const guard = asInUse ? guardArguments(folder) : ['--authorization-mode=AlwaysAllow']
  const etcd = start(join(binaries, 'etcd'), [...etcdArguments(folder, etcdPort, peerPort), ...durability], folder)
  const server = start(join(binaries, 'kube-apiserver'), [...serverArguments(folder, etcdPort, port), ...guard], folder)
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false })
  const send = (request: SentRequest): Promise<Answer> => exchange(agent, port, request)
  const stop = async (): Promise<void> => {
    agent.destroy()
    await Promise.all([end(server), end(etcd)])
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await ready(send, server)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url: `https://127.0.0.1:${port}`,
    token,
    // It has signed its certificate itself.
    authorityFile: join(certificateFolder(folder), 'apiserver.crt'),
    pids: [server, etcd].flatMap(({ pid }) => pid ?? []),
    send,
    stop,
    waitSecond: () => sleep(secondMs),
  }
}

function build(binaries: string): void {
  mkdirSync(binaries, { recursive: true })
  const cwd = join(repositoryRoot, 'test/differential/kube-apiserver')
  const packages = { etcd: './etcd', 'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver' }
  for (const [name, module] of Object.entries(packages)) {
    const output = join(binaries, name)
    if (!existsSync(output)) execFileSync('go', ['build', '-o', output, module], { cwd, stdio: 'inherit' })
  }
}

function etcdArguments(folder: string, port: number, peerPort: number): string[] {
  const [client, peer] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`]
  return [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
  ]
}

function serverArguments(folder: string, etcdPort: number, port: number): string[] {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const file = (name: string, text: string): string => fileIn(folder, name, text)
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${certificateFolder(folder)}`,
    `--token-auth-file=${file('tokens.csv', `${token},differential,1,system:masters\n`)}`,
    '--disable-admission-plugins=ServiceAccount',
    '--service-cluster-ip-range=10.0.0.0/24',
    '--service-account-issuer=https://differential',
    `--service-account-key-file=${file('accounts.pub', publicKey)}`,
    `--service-account-signing-key-file=${file('accounts.key', privateKey)}`,
  ]
}

/** Nobody waits for a line of the log: as ours. */
function guardArguments(folder: string): string[] {
  const policy = {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules: [{ level: 'Metadata' }],
  }
  return [
    '--authorization-mode=RBAC',
    `--audit-policy-file=${fileIn(folder, 'audit-policy.json', JSON.stringify(policy))}`,
    `--audit-log-path=${join(folder, 'audit.log')}`,
    '--audit-log-mode=batch',
    '--audit-log-maxsize=32',
    '--audit-log-maxbackup=10',
  ]
}

function fileIn(folder: string, name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text, { mode: 0o600 })
  return path
}

const certificateFolder = (folder: string): string => join(folder, 'certificates')

function start(path: string, args: string[], folder: string): ChildProcess {
  const log = openSync(join(folder, `${path.split('/').at(-1)}.log`), 'a')
  return spawn(path, args, { stdio: ['ignore', log, log], cwd: folder })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
}

async function ready(send: ReferenceServer['send'], server: ChildProcess): Promise<void> {
  const until = Date.now() + startTimeoutMs
  while (Date.now() < until) {
    if (server.exitCode !== null) throw new Error(`kube-apiserver ended with ${server.exitCode}`)
    const answer = await send({ method: 'GET', path: '/readyz', headers: {} }).catch(() => undefined)
    if (answer?.status === 200) return
    await sleep(pollMs)
  }
  throw new Error('kube-apiserver did not become ready')
}

function exchange(agent: Agent, port: number, { method, path, headers, body }: SentRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpsRequest(
      {
        agent,
        host: '127.0.0.1',
        port,
        method,
        path,
        headers: { ...headers, ...lengthOf(body), authorization: `Bearer ${token}` },
      },
      (response) => {
        const pieces: Buffer[] = []
        response.on('data', (piece: Buffer) => pieces.push(piece))
        response.on('error', reject)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            warnings: warningHeaders(response.rawHeaders).map(warningText),
            text: Buffer.concat(pieces).toString(),
          }),
        )
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

/** Node sends the body of a DELETE without saying how long it is. */
function lengthOf(body: string | undefined): Record<string, string> {
  return body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
}

/** Node joins headers of one name with commas, which the texts contain. */
function warningHeaders(raw: readonly string[]): string[] {
  return raw.filter((_value, index) => index % 2 === 1 && raw[index - 1]?.toLowerCase() === 'warning')
}
