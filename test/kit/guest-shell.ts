// A shell in a guest, on its serial console, by `sheaf console` in a terminal.

import { delimiter, dirname } from 'node:path'
import { type ServerProcess, sheafProgram } from './server-process.ts'
import { openTerminal, type Terminal } from './terminal.ts'

const anyPrompt = /:\S*# /

/** Leaves the console when `use` is done. */
export async function withGuestShell(
  server: Pick<ServerProcess, 'dataFolder'>,
  name: string,
  use: (shell: Terminal) => Promise<void>,
  prompt: RegExp = anyPrompt,
): Promise<void> {
  const PATH = [dirname(sheafProgram), process.env['PATH']].join(delimiter)
  const shell = openTerminal(`sheaf console ${name}`, { ...process.env, SHEAF_DATA: server.dataFolder, PATH })
  try {
    await shell.sees(/Connected to/)
    shell.type('\r')
    await shell.sees(prompt)
    await use(shell)
  } finally {
    await shell.close()
  }
}
