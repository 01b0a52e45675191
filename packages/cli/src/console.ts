// An interactive serial console over KubeVirt's websocket. Ctrl-] leaves it.

import { statusErrorFrom } from '@sheaf/api/meta'
import type { Command } from 'commander'
import { WebSocket } from 'ws'
import { CommandError, connect } from './connection.ts'
import { keyFrom, type NamespaceOption, virtualMachineCommand } from './virtual-machine-argument.ts'

/** As telnet and virtctl: Ctrl-]. */
const escapeByte = 0x1d

export function consoleCommand(): Command {
  return virtualMachineCommand('console', 'open the serial console of a virtual machine; Ctrl-] leaves it').action(openConsole)
}

async function openConsole(vm: string, options: NamespaceOption): Promise<void> {
  const { namespace, name } = keyFrom(vm, options)
  const { server, authorityPem, token } = connect()
  const path = `/apis/subresources.kubevirt.io/v1/namespaces/${namespace}/virtualmachineinstances/${name}/console`
  const socket = new WebSocket(new URL(path, server.origin.replace(/^http/, 'ws')), 'plain.kubevirt.io', {
    ca: authorityPem,
    headers: { authorization: `Bearer ${token}` },
    perMessageDeflate: false,
  })
  await opened(socket)
  process.stderr.write(`Connected to ${name}. Press Enter for a prompt; Ctrl-] leaves.\r\n`)
  await converse(socket)
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', (cause) => reject(new CommandError(`cannot open the console: ${cause.message}`)))
    socket.once('unexpected-response', (_request, response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => reject(refusalIn(text, response.statusCode ?? 0)))
    })
  })
}

function refusalIn(text: string, code: number): Error {
  try {
    return statusErrorFrom(JSON.parse(text))
  } catch {
    return new CommandError(`the server answered ${code}: ${text}`)
  }
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
  socket.on('message', (data: Buffer) => process.stdout.write(data))
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
