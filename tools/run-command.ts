// Runs a program for a set-up step: quiet when it succeeds, its words when it does not.

import { spawn } from 'node:child_process'

export interface CommandResult {
  code: number
  output: string
}

export function runCommand(
  command: string,
  args: readonly string[],
  options: { cwd?: string; show?: boolean } = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      stdio: options.show === true ? 'inherit' : ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

export async function mustRun(command: string, args: readonly string[], options: { cwd?: string } = {}): Promise<string> {
  const { code, output } = await runCommand(command, args, options)
  if (code !== 0)
    throw new Error(
      `${command} ${args.join(' ')} ended with ${code}. Its last words:\n${output.trimEnd().split('\n').slice(-15).join('\n')}`,
    )
  return output
}
