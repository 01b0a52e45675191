// Asks a guest once what a probe wants to know. Nothing of it is left when the answer is there or the time is over.

import type { Probe, VirtualMachineInstance } from '@sheaf/api'
import { AgentRefused, AgentSilent, MachineLacks, NotRunning } from '@sheaf/qemu'
import type { MachinePorts } from '../../ports.ts'
import { usualAddress } from '../launch/guest-address.ts'
import { type AskAgent, guestExec } from './guest-exec.ts'
import { httpGet } from './http-get.ts'
import { probePortOf } from './probe-port.ts'
import type { Outcome } from './tally.ts'

export type ProbePorts = Pick<MachinePorts, 'hypervisor' | 'clock'>

export async function runProbe(
  probe: Probe,
  instance: VirtualMachineInstance,
  { hypervisor, clock }: ProbePorts,
  stopping: AbortSignal,
): Promise<Outcome> {
  const timeoutMs = (probe.timeoutSeconds || 1) * 1000
  const over = new AbortController()
  const late = Promise.withResolvers<Outcome>()
  const timer = clock.after(timeoutMs, () => late.resolve({ kind: 'failure', message: lateText(probe, timeoutMs / 1000) }))
  const attempt = handlerOf(probe, instance, {
    hypervisor,
    clock,
    timeoutMs,
    signal: AbortSignal.any([stopping, over.signal]),
  })
  try {
    return await Promise.race([attempt, late.promise])
  } catch (error) {
    return outcomeOf(error)
  } finally {
    timer.cancel()
    over.abort()
  }
}

interface Means extends ProbePorts {
  timeoutMs: number
  signal: AbortSignal
}

async function handlerOf(
  probe: Probe,
  instance: VirtualMachineInstance,
  { hypervisor, clock, timeoutMs, signal }: Means,
): Promise<Outcome> {
  const id = instance.metadata.uid ?? ''
  const ask: AskAgent = (command, taken) => hypervisor.askAgent(id, command, taken, { timeoutMs })
  const { httpGet: http, tcpSocket: tcp, exec } = probe
  if (exec !== undefined) return guestExec(exec.command ?? [], ask, clock, signal)
  if (http === undefined && tcp === undefined) {
    if (!truths.has(instance.metadata.annotations?.[pingPausedAnnotation] ?? '')) await ask('guest-ping')
    return { kind: 'success' }
  }
  const named = http?.port ?? tcp?.port ?? ''
  const port = probePortOf(named, instance)
  if (port === undefined)
    return {
      kind: 'unknown',
      message: `no interface declares a port named ${JSON.stringify(named)}: give its number, or declare it in spec.domain.devices.interfaces[].ports`,
    }
  const host = instance.status?.interfaces?.[0]?.ipAddress ?? usualAddress
  if (http !== undefined) return httpGet(http, { host, port }, (each) => hypervisor.openPort(id, each), signal)
  const reached = await hypervisor.reachPort(id, port, timeoutMs)
  return reached === 'accepts'
    ? { kind: 'success' }
    : { kind: 'failure', message: `dial tcp ${host}:${port}: ${whyNot[reached]}` }
}

/** KubeVirt's: while it is true, a ping succeeds without asking, such as during maintenance of the agent. */
const pingPausedAnnotation = 'kubevirt.io/pause-guest-agent-probes'
/** As Go reads truth. */
const truths: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'True', 'TRUE'])

const whyNot = { refuses: 'connect: connection refused', silent: 'i/o timeout' }

function lateText({ exec, httpGet: http }: Probe, seconds: number): string {
  if (exec !== undefined) return `command ${JSON.stringify((exec.command ?? []).join(' '))} timed out after ${seconds}s`
  return http === undefined ? `no answer within ${seconds}s` : `Get "${http.path ?? '/'}": no answer within ${seconds}s`
}

/** An agent that is silent, or says no, is an answer about the guest. A machine that has ended is none. */
function outcomeOf(error: unknown): Outcome {
  if (error instanceof AgentSilent || error instanceof AgentRefused || error instanceof MachineLacks)
    return { kind: 'failure', message: error.message }
  const message = error instanceof Error ? error.message : String(error)
  return { kind: error instanceof NotRunning ? 'unknown' : 'failure', message }
}
