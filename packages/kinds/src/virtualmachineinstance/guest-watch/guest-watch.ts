// Asks running guests again and again: whether their probes succeed, what their agents tell, and whether keys and
// passwords are in place. What is found is news for the reconciler, which decides what follows.

import { isDeepStrictEqual } from 'node:util'
import { isFinal, type VirtualMachineInstance } from '@sheaf/api'
import { isBeingDeleted, keyOf, keyText, type ObjectKey } from '@sheaf/api/meta'
import type { Machine, RunningState } from '@sheaf/qemu'
import type { MachinePorts } from '../../ports.ts'
import { hasAgentAccess } from '../agent/access-credentials.ts'
import { condemnedAtMs } from '../condemned.ts'
import type { Findings } from './findings.ts'
import type { Repetition } from './repeat.ts'
import { Turnstile } from './turnstile.ts'
import { watchAccess } from './watch-access.ts'
import { watchAgent } from './watch-agent.ts'
import { watchProbe } from './watch-probe.ts'
import type { Watched, WatchPorts } from './watched.ts'

/** A guest that hangs keeps its place for a timeout, mostly one second: so many hanging guests still get their turns. */
const mostAskedAtOnce = 64

type Subject = 'readiness' | 'liveness' | 'agent' | 'access'

export class GuestWatch {
  readonly #ports: WatchPorts
  readonly #guests = new Map<string, Guest>()
  #onNews: (key: ObjectKey) => void = () => {}

  constructor(ports: MachinePorts) {
    this.#ports = { ...ports, turnstile: new Turnstile(mostAskedAtOnce) }
  }

  /** Says of whom there are new findings, until the function that it returns is called; then nobody is asked any more. */
  start(onNews: (key: ObjectKey) => void): () => void {
    this.#onNews = onNews
    return () => {
      for (const guest of this.#guests.values()) guest.stop()
      this.#guests.clear()
      this.#onNews = () => {}
    }
  }

  /** Asks this guest from now on what there is to be asked, and nothing else. Idempotent. Answers what is known so far. */
  attend(instance: VirtualMachineInstance, machine: Machine | undefined): Findings {
    const key = keyOf(instance)
    const running = machine?.state.kind === 'running' && !isFinal(instance) ? machine.state : undefined
    const before = this.#guests.get(keyText(key))
    if (running === undefined || (before !== undefined && before.instance.metadata.uid !== instance.metadata.uid))
      this.forget(key)
    if (running === undefined) return {}
    const guest = this.#guests.get(keyText(key)) ?? new Guest(instance, () => this.#onNews(key))
    this.#guests.set(keyText(key), guest)
    guest.attend(instance, running, this.#ports)
    return guest.findings
  }

  forget(key: ObjectKey): void {
    this.#guests.get(keyText(key))?.stop()
    this.#guests.delete(keyText(key))
  }
}

class Guest implements Watched {
  instance: VirtualMachineInstance
  findings: Findings = {}
  readonly #onNews: () => void
  readonly #asking = new Map<Subject, Repetition>()

  constructor(instance: VirtualMachineInstance, onNews: () => void) {
    this.instance = instance
    this.#onNews = onNews
  }

  find(news: Partial<Findings>): void {
    const next = { ...this.findings, ...news }
    if (isDeepStrictEqual(next, this.findings)) return
    this.findings = next
    this.#onNews()
  }

  attend(instance: VirtualMachineInstance, running: RunningState, ports: WatchPorts): void {
    this.instance = instance
    const { readinessProbe, livenessProbe } = instance.spec
    const isLeftAlone = running.paused || isBeingDeleted(instance)
    const isAgentThere = running.agentConnected === true && !isLeftAlone
    const isProbed = !isLeftAlone && condemnedAtMs(instance) === undefined
    this.#ask('readiness', isProbed && readinessProbe && (() => watchProbe('readiness', readinessProbe, running, this, ports)))
    this.#ask('liveness', isProbed && livenessProbe && (() => watchProbe('liveness', livenessProbe, running, this, ports)))
    this.#ask('agent', isAgentThere && (() => watchAgent(this, ports)))
    if (!hasAgentAccess(instance)) return
    this.#ask('access', isAgentThere && (() => watchAccess(this, ports)))
    if (running.agentConnected !== true)
      this.findings = { ...this.findings, access: { kind: 'failed', message: 'Guest agent is offline' } }
  }

  stop(): void {
    for (const asking of this.#asking.values()) asking.stop()
    this.#asking.clear()
  }

  #ask(subject: Subject, begin: (() => Repetition) | false | undefined): void {
    const asking = this.#asking.get(subject)
    if (begin && asking === undefined) this.#asking.set(subject, begin())
    if (begin) return
    asking?.stop()
    this.#asking.delete(subject)
  }
}
