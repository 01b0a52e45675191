// A program in a terminal of its own, as a person has it: it sees a TTY, and what is typed arrives key by key.

import { spawn } from 'node:child_process'
import { eventually } from './eventually.ts'

export interface Terminal {
  type(keys: string): void
  /** All that was shown so far. */
  shown(): string
  /** Resolves when this is shown after what was typed last; `what` says what the test waits for. */
  sees(pattern: RegExp, what?: string): Promise<void>
  /** The program's exit code. */
  readonly ended: Promise<number>
  /** Hangs up; does nothing after the end. */
  close(): Promise<void>
}

/** Of util-linux, which no Debian is without. */
const script = '/usr/bin/script'

export function openTerminal(command: string, environment: NodeJS.ProcessEnv): Terminal {
  const child = spawn(script, ['--quiet', '--return', '--flush', '--command', command, '/dev/null'], {
    env: { ...environment, TERM: 'dumb' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let shown = ''
  let typedAt = 0
  child.stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()))
  child.stdin.on('error', () => {})
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? -1))
  })
  return {
    type(keys) {
      typedAt = shown.length
      child.stdin.write(keys)
    },
    shown: () => shown,
    async sees(pattern, what = String(pattern)) {
      try {
        await eventually(what, () => pattern.test(shown.slice(typedAt)))
      } catch (error) {
        throw new Error(`the terminal never showed ${what}; it showed:\n${shown}`, { cause: error })
      }
    },
    ended,
    async close() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
