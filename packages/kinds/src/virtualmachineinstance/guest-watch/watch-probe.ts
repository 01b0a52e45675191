// Keeps asking what one probe wants to know, and says in events what goes wrong.

import type { Probe } from '@sheaf/api'
import type { RunningState } from '@sheaf/qemu'
import { runProbe } from '../probe/run-probe.ts'
import { count, emptyTally, type Outcome } from '../probe/tally.ts'
import { type Repetition, repeat } from './repeat.ts'
import type { Watched, WatchPorts } from './watched.ts'

/** A probe that fails on and on is told again this seldom: as the kubelet's events do, once their burst is used up. */
const tellAgainMs = 300_000
const defaultPeriodSeconds = 10

export function watchProbe(
  which: 'readiness' | 'liveness',
  probe: Probe,
  running: RunningState,
  watched: Watched,
  ports: WatchPorts,
): Repetition {
  const { clock, events } = ports
  const name = which === 'readiness' ? 'Readiness' : 'Liveness'
  const periodMs = (probe.periodSeconds || defaultPeriodSeconds) * 1000
  const told = new Map<string, number>()
  let tally = { ...emptyTally, verdict: watched.findings[which] }

  function tell(outcome: Outcome): void {
    if (outcome.kind === 'success') return told.clear()
    const message = `${name} probe ${outcome.kind === 'failure' ? 'failed' : 'errored'}: ${outcome.message}`
    if (clock.now() - (told.get(message) ?? Number.NEGATIVE_INFINITY) < tellAgainMs) return
    // Messages that differ each time, such as by a time of day in them, must not fill the memory either.
    if (told.size >= mostToldMessages) told.clear()
    told.set(message, clock.now())
    events.record(watched.instance, { type: 'Warning', reason: 'Unhealthy', message })
  }

  return repeat(clock, firstAfterMs(probe, running, periodMs, ports), async (stopping) => {
    const outcome = await ports.turnstile.run(() => runProbe(probe, watched.instance, ports, stopping))
    if (stopping.aborted) return periodMs
    tell(outcome)
    tally = count(tally, outcome, probe)
    if (tally.verdict !== undefined) watched.find({ [which]: tally.verdict })
    return periodMs
  })
}

/** As many as a probe has ways to fail; more is noise. */
const mostToldMessages = 10

/**
 * From the start of the machine. Probes of machines that run already, because they were taken over, begin at different
 * moments within their periods.
 */
function firstAfterMs(probe: Probe, running: RunningState, periodMs: number, { clock, random }: WatchPorts): number {
  const ageMs = clock.now() - Date.parse(running.startedAt)
  const delayMs = (probe.initialDelaySeconds ?? 0) * 1000 - ageMs
  if (delayMs >= 0) return delayMs
  return ageMs < periodMs ? 0 : random.below(periodMs)
}
