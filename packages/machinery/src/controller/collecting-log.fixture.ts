// A log for tests: what was worth a reader's attention, as lines.

import type { Log } from './log.ts'

export interface CollectingLog extends Log {
  /** `warn: message: error`; nothing of `debug`. */
  readonly lines: string[]
}

export function collectingLog(): CollectingLog {
  const lines: string[] = []
  const at =
    (level: string) =>
    (fields: object, message: string): void =>
      void lines.push(`${level}: ${message}${'error' in fields ? `: ${String(fields.error)}` : ''}`)
  return { lines, debug: () => undefined, info: at('info'), warn: at('warn'), error: at('error') }
}
