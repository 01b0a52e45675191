// A command in the guest, run by its agent. The agent does not wait for programs: it is asked until the program has ended.

import type { Clock } from '@sheaf/api/meta'
import type { AgentCommand, AgentCommands } from '@sheaf/qemu'
import type { Outcome } from './tally.ts'

export type AskAgent = <C extends AgentCommand>(
  command: C,
  taken?: AgentCommands[C]['takes'],
) => Promise<AgentCommands[C]['gives']>

/** A tenth of the shortest timeout that can be asked for. */
const lookAgainMs = 100

/** Whoever asks puts an end to it by `signal`: what still runs in the guest then goes on there. */
export async function guestExec(command: readonly string[], ask: AskAgent, clock: Clock, signal: AbortSignal): Promise<Outcome> {
  const [path = '', ...arg] = command
  const { pid } = await ask('guest-exec', { path, arg, 'capture-output': true })
  while (!signal.aborted) {
    const program = await ask('guest-exec-status', { pid })
    if (program.exited) {
      if (program.exitcode === 0) return { kind: 'success' }
      const ending = program.signal === undefined ? `error code:${program.exitcode ?? -1}` : `signal:${program.signal}`
      return { kind: 'failure', message: written(program['out-data'], program['err-data']) || `exited with ${ending}` }
    }
    await pause(clock, signal)
  }
  return { kind: 'unknown', message: 'it was given up' }
}

function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(lookAgainMs, end)
    function end(): void {
      timer.cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    signal.addEventListener('abort', end)
  })
}

const written = (...texts: (string | undefined)[]): string =>
  texts
    .map((text) =>
      Buffer.from(text ?? '', 'base64')
        .toString('utf8')
        .trim(),
    )
    .filter(Boolean)
    .join('\n')
