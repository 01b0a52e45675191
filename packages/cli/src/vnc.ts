// What a virtual machine's display shows, as a picture.

import { writeFile } from 'node:fs/promises'
import { bodyText } from '@sheaf/api/client'
import { statusErrorFrom } from '@sheaf/api/meta'
import type { Command } from 'commander'
import { connect } from './connection.ts'
import { keyFrom, type NamespaceOption, virtualMachineCommand } from './virtual-machine-argument.ts'

export function vncCommand(): Command {
  return virtualMachineCommand('vnc', 'take a picture of the display of a virtual machine')
    .requiredOption('--screenshot <file>', 'write what the display shows to this file, as PNG')
    .option('--move-cursor', 'wake the screen first')
    .addHelpText('after', '\nTo use the display: virtctl vnc VM')
    .action(takeScreenshot)
}

async function takeScreenshot(vm: string, options: NamespaceOption & { screenshot: string; moveCursor?: true }): Promise<void> {
  const { namespace, name } = keyFrom(vm, options)
  const query = options.moveCursor === true ? '?moveCursor=true' : ''
  const path = `/apis/subresources.kubevirt.io/v1/namespaces/${namespace}/virtualmachineinstances/${name}/vnc/screenshot${query}`
  const { status, body } = await connect().fetch({ method: 'GET', path, headers: {} })
  if (status >= 400) throw statusErrorFrom(JSON.parse(await bodyText(body)))
  await writeFile(options.screenshot, body)
}
