// An interactive serial console over KubeVirt's websocket. Ctrl-] leaves it.

import type { Command } from 'commander'
import { WebSocket } from 'ws'
import { CommandError, connect } from './connection.ts'
import { openWebsocket } from './open-websocket.ts'
import { keyFrom, type NamespaceOption, virtualMachineCommand } from './virtual-machine-argument.ts'

/** As telnet and virtctl: Ctrl-]. */
const escapeByte = 0x1d

export function consoleCommand(): Command {
  return virtualMachineCommand('console', 'open the serial console of a virtual machine; Ctrl-] leaves it').action(openConsole)
}

async function openConsole(vm: string, options: NamespaceOption): Promise<void> {
  const { namespace, name } = keyFrom(vm, options)
  const path = `/apis/subresources.kubevirt.io/v1/namespaces/${namespace}/virtualmachineinstances/${name}/console`
  const socket = await openWebsocket(connect().access, path, (bytes) => process.stdout.write(bytes))
  process.stderr.write(`Connected to ${name}. Press Enter for a prompt; Ctrl-] leaves.\r\n`)
  await converse(socket)
}

function converse(socket: WebSocket): Promise<void> {
  const terminal = process.stdin
  if (terminal.isTTY) terminal.setRawMode(true)
  const leave = (): void => socket.close()
  terminal.on('data', (chunk: Buffer) => {
    if (chunk.includes(escapeByte)) leave()
    else if (socket.readyState === WebSocket.OPEN) socket.send(chunk)
  })
  terminal.on('end', leave)
  return new Promise((resolve, reject) => {
    const end = (): void => {
      if (terminal.isTTY) terminal.setRawMode(false)
      terminal.pause()
    }
    socket.on('close', () => {
      end()
      process.stderr.write('\r\nDisconnected.\r\n')
      resolve()
    })
    socket.on('error', (cause) => {
      end()
      reject(new CommandError(`the console was cut: ${cause.message}`))
    })
  })
}
