// A client that is a program: runs it, and says what it said.

import { type ProgramResult, run } from '../kit/server-process.ts'

export interface Program {
  (...args: string[]): Promise<string>
}

/** A program whose failure is an error with all that it said. */
export function program(path: string, environment: NodeJS.ProcessEnv, leading: readonly string[] = []): Program {
  return async (...args) => {
    const result = await run(path, [...leading, ...args], environment)
    if (result.code !== 0) throw new Error(said(args, result))
    return result.stdout
  }
}

const said = (args: readonly string[], { code, stdout, stderr }: ProgramResult): string =>
  `${args.join(' ')} ended with ${code}: ${`${stderr}${stdout}`.trim()}`

export function mustHold(text: string, pattern: RegExp): void {
  if (!pattern.test(text)) throw new Error(`it answered without ${String(pattern)}: ${text.trim().slice(0, 400)}`)
}
