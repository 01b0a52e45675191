// A shell on a guest's serial console, as a test uses one: a command in, what it printed out.

import { randomUUID } from 'node:crypto'
import { openWebsocket } from '../../packages/cli/src/open-websocket.ts'
import { eventually } from './eventually.ts'
import { readKubeconfig, type ServerProcess } from './server-process.ts'

export interface GuestConsole {
  /** What the command printed. The shell must be waiting for one. */
  run(command: string): Promise<string>
  close(): void
}

export async function openConsole(server: ServerProcess, name: string): Promise<GuestConsole> {
  let heard = ''
  const path = `/apis/subresources.kubevirt.io/v1/namespaces/default/virtualmachineinstances/${name}/console`
  const socket = await openWebsocket(readKubeconfig(server.kubeconfig), path, (bytes) => (heard += bytes.toString('latin1')))
  return {
    async run(command) {
      // The echo of what is typed has the marks in another form than what is printed, and what was printed for somebody
      // else before has other marks.
      const mark = randomUUID()
      const printed = new RegExp(`<${mark}>([\\s\\S]*)</${mark}>`)
      socket.send(`echo "<"${mark}">"; ${command}; echo "</"${mark}">"\r`)
      await eventually(`the guest has done ${command}`, () => printed.test(heard))
      return printed.exec(heard)?.[1] ?? ''
    },
    close: () => socket.close(),
  }
}
