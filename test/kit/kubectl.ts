// Every kubectl of this machine, one a minor version, and a session that runs one of them against a server.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, globSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { root } from './repository-root.ts'
import { type ProgramResult, run } from './server-process.ts'

export interface Kubectl {
  path: string
  /** `1.32.5` */
  version: string
  minor: number
}

/** The last minor version that checks manifests by itself, against the OpenAPI document of the server: a client of its own sort. */
const lastCheckingMinor = 26
/** The distribution's kubectl, where the one on PATH is another. */
const unpacked = join(root, '.generated', 'kubernetes-client')

/** By ascending version. Throws when there is none: a suite that runs nothing would pass. */
export async function findKubectls(): Promise<Kubectl[]> {
  let found = await askAll(candidates())
  if (!found.some(({ minor }) => minor <= lastCheckingMinor)) {
    const trouble = await unpackDistributionKubectl()
    found = await askAll(candidates())
    if (found.length === 0)
      throw new Error(`no kubectl is here and none can be fetched: ${trouble}. Install one: apt-get install kubernetes-client`)
  }
  return found
}

/** The folders of PATH, the usual ones, what their links lead to, and `kubectl.1.27` beside `kubectl`. */
function candidates(): string[] {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin', join(unpacked, 'usr', 'bin')]
  const linked = folders.map((folder) => join(folder, 'kubectl')).filter((path) => existsSync(path))
  const all = [...folders, ...linked.map((path) => dirname(realpathSync(path)))]
  const programs = all.flatMap((folder) =>
    globSync(['kubectl', 'kubectl.1.*'], { cwd: folder }).map((name) => join(folder, name)),
  )
  return [...new Set(programs.map((path) => realpathSync(path)))]
}

async function askAll(paths: readonly string[]): Promise<Kubectl[]> {
  const answers = (await Promise.all(paths.map(ask))).filter((each) => each !== undefined)
  const byMinor = new Map(answers.map((each) => [each.minor, each]))
  return [...byMinor.values()].toSorted((a, b) => a.minor - b.minor)
}

/** Undefined for what is called kubectl and is not one, or not for this machine. */
async function ask(path: string): Promise<Kubectl | undefined> {
  try {
    const { stdout } = await run(path, ['version', '--client', '-o', 'json'])
    const { clientVersion } = JSON.parse(stdout) as { clientVersion: { gitVersion: string } }
    const [, version = '', minor = ''] = /^v(1\.(\d+)\.\d+)/.exec(clientVersion.gitVersion) ?? []
    return version === '' ? undefined : { path, version, minor: Number(minor) }
  } catch {
    return undefined
  }
}

/** Answers what hindered it: any other kubectl will do then. */
async function unpackDistributionKubectl(): Promise<string | undefined> {
  mkdirSync(unpacked, { recursive: true })
  const folder = mkdtempSync(join(unpacked, '.download-'))
  try {
    const downloaded = await run('sh', ['-c', 'cd "$0" && exec apt-get download --quiet kubernetes-client', folder])
    const [archive] = globSync('*.deb', { cwd: folder })
    if (archive === undefined) return downloaded.stderr.trim()
    const { code, stderr } = await run('dpkg-deb', ['--extract', join(folder, archive), unpacked])
    return code === 0 ? undefined : stderr.trim()
  } catch (error) {
    return String(error)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export interface KubectlSession {
  /** Runs it to its end. */
  run(args: readonly string[], options?: { input?: string; environment?: Record<string, string> }): Promise<ProgramResult>
  /** What it prints; throws what it complains of when it fails. */
  ok(...args: string[]): Promise<string>
  /** `ok` for a manifest, given to it as its input: `apply('apply', vm, '--dry-run=server')`. */
  send(verb: string, manifest: unknown, ...args: string[]): Promise<string>
  /** What it complains of; throws when it succeeds. */
  refusal(args: readonly string[], input?: string): Promise<string>
  /** Runs on until `stop`; all lines so far. */
  follow(...args: string[]): Following
  /** What it keeps to itself, such as its cache of discovery. */
  dispose(): void
}

export interface Following {
  lines(): string[]
  stop(): Promise<void>
}

/** All in one namespace, with a home of its own: no cache and no configuration of this machine has a part in it. */
export function kubectlSession(
  kubectl: Kubectl,
  server: { kubeconfig: string; dataFolder: string },
  namespace: string,
): KubectlSession {
  const home = mkdtempSync(join(server.dataFolder, 'home-'))
  const environment = { ...process.env, HOME: home, TMPDIR: home, KUBECONFIG: server.kubeconfig }
  const wordsOf = (args: readonly string[]): string[] => ['--namespace', namespace, ...args]

  const session: KubectlSession = {
    run: (args, options = {}) => run(kubectl.path, wordsOf(args), { ...environment, ...options.environment }, options.input),
    async ok(...args) {
      return succeeded(args, await session.run(args))
    },
    async send(verb, manifest, ...args) {
      const words = [verb, '-f', '-', ...args]
      const input = typeof manifest === 'string' ? manifest : JSON.stringify(manifest)
      return succeeded(words, await session.run(words, { input }))
    },
    async refusal(args, input) {
      const { code, stdout, stderr } = await session.run(args, input === undefined ? {} : { input })
      if (code === 0) throw new Error(`kubectl ${args.join(' ')} should have been refused, and said:\n${stdout}${stderr}`)
      return stderr
    },
    follow: (...args) => follow(spawn(kubectl.path, wordsOf(args), { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })),
    dispose: () => rmSync(home, { recursive: true, force: true }),
  }
  return session
}

function succeeded(args: readonly string[], { code, stdout, stderr }: ProgramResult): string {
  if (code === 0) return stdout
  throw new Error(`kubectl ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`)
}

function follow(child: ChildProcess): Following {
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  return {
    lines: () => text.split('\n').filter((line) => line !== ''),
    async stop() {
      child.kill()
      await ended
    },
  }
}
