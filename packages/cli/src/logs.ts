// The serial console's log: what the guest has said since its start.

import { bodyText, isStreaming } from '@sheaf/api/client'
import { statusErrorFrom } from '@sheaf/api/meta'
import type { Command } from 'commander'
import { connect } from './connection.ts'
import { keyFrom, type NamespaceOption, virtualMachineCommand } from './virtual-machine-argument.ts'

export function logsCommand(): Command {
  return virtualMachineCommand('logs', "print the log of a virtual machine's serial console")
    .option('-f, --follow', 'go on as the guest writes')
    .option('--tail-bytes <count>', 'begin so many bytes before the end')
    .action(printLog)
}

async function printLog(vm: string, options: NamespaceOption & { follow?: true; tailBytes?: string }): Promise<void> {
  const { namespace, name } = keyFrom(vm, options)
  const query = new URLSearchParams({
    ...(options.follow === true ? { follow: 'true' } : {}),
    ...(options.tailBytes === undefined ? {} : { tailBytes: options.tailBytes }),
  })
  const path = `/apis/subresources.sheaf.io/v1/namespaces/${namespace}/virtualmachineinstances/${name}/log?${query.toString()}`
  const { status, body } = await connect().fetch({ method: 'GET', path, headers: {} })
  if (status >= 400) throw statusErrorFrom(JSON.parse(await bodyText(body)))
  if (!isStreaming(body)) process.stdout.write(body)
  else for await (const chunk of body) process.stdout.write(chunk)
}
