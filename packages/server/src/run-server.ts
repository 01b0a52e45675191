// A serving process from its first word to its last: alone until it is asked to end, or in turn with other releases, as the
// supervisor says.

import { flushCompileCache } from 'node:module'
import type { Log } from '@sheaf/machinery/controller'
import { createLog } from './log.ts'
import { type ServerOptions, UsageError } from './options.ts'
import { type RunningServer, serve } from './serve.ts'
import { channelToSupervisor, type SupervisorChannel } from './supervisor/channel.ts'
import type { Trial } from './supervisor/slots.ts'

export async function runServer(options: ServerOptions): Promise<number> {
  const log = createLog(options)
  const supervisor = channelToSupervisor()
  try {
    if (!options.standby) return await serveUntilAsked(options, log, supervisor, undefined)
    if (supervisor === undefined) throw new UsageError('--standby is how the supervisor starts a release; leave it away')
    const trial = await waitForTurn(supervisor)
    return trial === undefined ? 0 : await serveOnTrial(options, log, supervisor, trial)
  } finally {
    supervisor?.close()
  }
}

/** All modules are loaded, and nothing is touched yet. Undefined when the supervisor goes away. */
async function waitForTurn(supervisor: SupervisorChannel): Promise<Trial | undefined> {
  const turn = supervisor.hears('take-over')
  supervisor.say({ kind: 'standing-by' })
  const said = await Promise.race([turn, supervisor.whenGone])
  if (said === undefined) return undefined
  const { trial } = supervisor.slots()
  if (trial === undefined) throw new Error('it is our turn, and slots.json names no trial')
  return trial
}

/** Trouble at the start is told in words: it becomes the reason of the upgrade's failure. */
async function serveOnTrial(options: ServerOptions, log: Log, supervisor: SupervisorChannel, trial: Trial): Promise<number> {
  try {
    return await serveUntilAsked(options, log, supervisor, trial)
  } catch (error) {
    supervisor.say({ kind: 'unfit', why: error instanceof Error ? error.message : String(error) })
    throw error
  }
}

async function serveUntilAsked(
  options: ServerOptions,
  log: Log,
  supervisor: SupervisorChannel | undefined,
  trial: Trial | undefined,
): Promise<number> {
  const asked = askedToEnd(supervisor)
  const server = await serve({ options, log, supervisor, trial })
  log.info({ url: server.url, kubeconfig: server.kubeconfig }, trial === undefined ? 'ready' : 'ready, on trial')
  // Now, for a server that is killed does not come to it at its end.
  flushCompileCache()
  if (supervisor !== undefined && trial !== undefined) void proveItself(server, supervisor, trial, log)
  const reason = await asked
  if (reason !== 'hand-over') return end(server, reason)
  const next = supervisor?.slots().trial
  if (next === undefined) throw new Error('we are to hand over, and slots.json does not say to whom')
  const guests = await server.handOver(next)
  log.info({ to: next.version, guests }, 'handed over; guests run on')
  return 0
}

/** The supervisor's end is ours: whoever comes after it starts a release of its own. */
function askedToEnd(supervisor: SupervisorChannel | undefined): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal))
    void supervisor?.whenGone.then(() => resolve('the supervisor is gone'))
    void supervisor?.hears('hand-over').then(() => resolve('hand-over'))
  })
}

async function proveItself(server: RunningServer, supervisor: SupervisorChannel, trial: Trial, log: Log): Promise<void> {
  const confirmed = supervisor.hears('confirmed')
  const proof = await server.prove(trial.deadlineMs).catch((error: unknown) => ({ kind: 'unfit' as const, why: String(error) }))
  if (proof.kind === 'unfit') log.error({ why: proof.why }, 'this release cannot stay')
  supervisor.say(proof)
  await confirmed
  server.confirm()
  log.info({}, 'this release is the current one; writes are open')
}

async function end(server: RunningServer, reason: string): Promise<number> {
  const guests = await server.stop()
  const fate =
    guests === 0
      ? 'no guests were running'
      : `${guests} guest(s) keep running; sheaf serve takes them up again, sheaf down shuts them down`
  process.stderr.write(`\nThe control plane has ended (${reason}): ${fate}.\n`)
  return 0
}
