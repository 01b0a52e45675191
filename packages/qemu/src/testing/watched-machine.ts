// Looking at machines in tests of every hypervisor: what state they are in, what they print, and waiting for it.

import type { Duplex } from 'node:stream'
import { LaunchRefused, type Machine } from '../hypervisor.ts'

/** A guest under emulation on a busy machine boots within a second or two; whoever needs longer than this is stuck. */
const patienceMs = 20_000

export function isRefusal(reason: LaunchRefused['reason']): (error: unknown) => boolean {
  return (error) => error instanceof LaunchRefused && error.reason === reason
}

export function raise(what: string): never {
  throw new Error(what)
}

export function pidOf({ id, state }: Machine): number {
  if (state.kind !== 'running') throw new Error(`machine ${id} is ${state.kind}, not running`)
  return state.pid
}

export function exitOf({ id, state }: Machine) {
  if (state.kind !== 'exited') throw new Error(`machine ${id} is ${state.kind}, not exited`)
  return state.exit
}

export async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patienceMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`this did not come about within ${patienceMs} ms: ${condition.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Everything that is heard from now on. */
function listenTo(stream: Duplex): () => string {
  let heard = ''
  stream.on('data', (chunk: unknown) => {
    heard += String(chunk)
  })
  return () => heard
}

export async function untilHeard(stream: Duplex, text: string): Promise<void> {
  const heard = listenTo(stream)
  await until(async () => heard().includes(text))
}

export async function typeUntilEchoed(console: Duplex, text: string): Promise<() => string> {
  const heard = listenTo(console)
  console.write(text)
  await until(async () => heard().includes(text))
  return heard
}
