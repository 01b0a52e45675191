// `sheaf up`: the server in the foreground with a demo machine in it, and a word on what to try next. Run again, it
// changes nothing.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import {
  forwardedPortsOf,
  type VirtualMachine,
  type VirtualMachineInstance,
  virtualMachineDefinition,
  virtualMachineInstanceDefinition,
} from '@sheaf/api'
import { bodyText } from '@sheaf/api/client'
import { statusErrorFrom } from '@sheaf/api/meta'
import { Command } from 'commander'
import { CommandError, type Connection, dataFolder, findConnection } from './connection.ts'

/** The server answers within a second; a first start also issues certificates. */
const serverDeadlineMs = 60_000
/** A small guest boots in seconds; without hardware help, on a busy machine, in a minute or two. */
const guestDeadlineMs = 240_000
const lookMs = 200
const signOfLifeMs = 2_000
const demo = { namespace: 'default', name: 'demo' }

export function upCommand(): Command {
  return new Command('up')
    .description('start the server in the foreground with a demo machine, and say what to try next')
    .option('--no-demo', 'without the demo machine')
    .action(up)
}

async function up({ demo: withDemo }: { demo: boolean }): Promise<void> {
  const running = await answering()
  const server = running === undefined ? startServer() : undefined
  const ended = server === undefined ? new Promise<never>(() => {}) : endOf(server)
  try {
    const connection = running ?? (await untilAnswering(ended))
    if (withDemo) await Promise.race([showDemo(connection), ended.then(serverEnded)])
    say(nextSteps(connection, server !== undefined))
  } catch (error) {
    server?.kill('SIGTERM')
    await (server === undefined ? undefined : ended)
    throw error
  }
  if (server !== undefined) process.exitCode = await ended
}

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const program = (): string => process.env['SHEAF_PROGRAM'] ?? 'sheaf'

function startServer(): ChildProcess {
  const child = spawn(program(), ['serve'], { stdio: 'inherit' })
  // Ctrl-C reaches the server from the terminal as well; it ends first, then this command.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill('SIGTERM'))
  return child
}

const endOf = (child: ChildProcess): Promise<number> => new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 1)))

function serverEnded(code: number): never {
  throw new CommandError(`the server ended (code ${code}); its last words are above`, code === 0 ? 1 : code)
}

/** The server of this data folder, if one is ready. */
async function answering(): Promise<Connection | undefined> {
  const connection = knownServer()
  if (connection === undefined) return undefined
  const answer = await connection.fetch({ method: 'GET', path: '/readyz', headers: {} }).catch(() => undefined)
  // Another server may have taken the port: only ours knows the token.
  const trusted =
    answer?.status === 200
      ? await connection.fetch({ method: 'GET', path: '/api/v1/namespaces/default', headers: {} }).catch(() => undefined)
      : undefined
  return trusted?.status === 200 ? connection : undefined
}

/** A kubeconfig that cannot be read is written anew by the server that is about to be started. */
function knownServer(): Connection | undefined {
  try {
    return findConnection()
  } catch (error) {
    if (error instanceof CommandError) return undefined
    throw error
  }
}

/** Whoever waits for a server that has ended waits for nothing. */
async function untilAnswering(ended: Promise<number>): Promise<Connection> {
  const deadline = Date.now() + serverDeadlineMs
  while (Date.now() < deadline) {
    const connection = await answering()
    if (connection !== undefined) return connection
    const code = await Promise.race([ended, pause(lookMs)])
    if (code !== undefined) serverEnded(code)
  }
  throw new CommandError(`the server was not ready within ${serverDeadlineMs / 1000} s; its log is above`)
}

async function showDemo(connection: Connection): Promise<void> {
  const vms = connection.client.resource<VirtualMachine>(virtualMachineDefinition)
  const marker = join(dataFolder(), 'demo-applied')
  if ((await vms.find(demo)) === undefined) {
    if (existsSync(marker))
      return say(`• the demo machine was deleted, and stays so. To have it back: kubectl apply -f ${manifestPath()}`)
    say(`• applying ${manifestPath()}`)
    await applyManifest(connection)
    writeFileSync(marker, '')
  }
  await untilGuestAnswers(connection)
}

const manifestPath = (): string => join(dirname(dirname(realpathSync(program()))), 'examples', 'demo-vm.yaml')

async function applyManifest({ fetch }: Connection): Promise<void> {
  const path = `/apis/kubevirt.io/v1/namespaces/${demo.namespace}/virtualmachines`
  const { status, body } = await fetch({
    method: 'POST',
    path,
    headers: { 'content-type': 'application/yaml' },
    body: readFileSync(manifestPath(), 'utf8'),
  })
  if (status >= 400) throw statusErrorFrom(JSON.parse(await bodyText(body)))
}

async function untilGuestAnswers({ client }: Connection): Promise<void> {
  const started = Date.now()
  let lastSign = started
  while (Date.now() - started < guestDeadlineMs) {
    const vm = await client.resource<VirtualMachine>(virtualMachineDefinition).find(demo)
    const status = vm?.status?.printableStatus ?? 'Unknown'
    const instance = await client.resource<VirtualMachineInstance>(virtualMachineInstanceDefinition).find(demo)
    const port = forwardedPortsOf(instance)[0]
    if (status === 'Running' && (port === undefined || (await answers(port.hostAddress, port.hostPort)))) {
      return say(
        port === undefined
          ? '• the demo machine is running'
          : `• the demo machine answers at http://${port.hostAddress}:${port.hostPort}/`,
      )
    }
    // Somebody stopped it on purpose: that is how it shall be.
    if (status === 'Stopped' && Date.now() - started > signOfLifeMs)
      return say('• the demo machine is stopped. To start it: sheaf start demo')
    if (Date.now() - lastSign > signOfLifeMs) {
      lastSign = Date.now()
      say(`  … the demo machine is ${status} (${Math.round((lastSign - started) / 1000)} s)`)
    }
    await pause(lookMs)
  }
  throw new CommandError(`the demo machine did not answer within ${guestDeadlineMs / 1000} s. Why: sheaf explain demo`)
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = get({ host, port, path: '/', timeout: signOfLifeMs }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    asked.on('timeout', () => asked.destroy())
    asked.on('error', () => resolve(false))
  })
}

function nextSteps({ kubeconfig, server }: Connection, isForeground: boolean): string {
  return `
Sheaf is up at ${server.origin}. Try, in another terminal:

  export KUBECONFIG=${kubeconfig}
  kubectl get vm,vmi
  kubectl explain vm.spec.runStrategy
  ${program()} console demo        the guest's serial console (Ctrl-] leaves)
  ${program()} logs demo           what it has said
  ${program()} explain demo        why it is in its state
  ${program()} stop demo           shut it down

${isForeground ? 'Ctrl-C ends the server and leaves the guests running; `sheaf down` ends both.' : 'The server was running already and goes on.'}`
}
