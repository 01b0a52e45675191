// How a virtual machine is named on the command line: `demo`, `vm/demo`, `vmi/demo`, or `demo -n other`.

import type { ObjectKey } from '@sheaf/api/meta'
import { Command, Option } from 'commander'
import { CommandError } from './connection.ts'

export interface NamespaceOption {
  namespace: string
}

export const namespaceOption = (): Option => new Option('-n, --namespace <namespace>', 'its namespace').default('default')
export const outputOption = (): Option =>
  new Option('-o, --output <format>', 'text or json').choices(['text', 'json']).default('text')

/** A command about one virtual machine. */
export function virtualMachineCommand(name: string, description: string): Command {
  return new Command(name).description(description).argument('<vm>', 'name of the virtual machine').addOption(namespaceOption())
}

export function keyFrom(argument: string, { namespace }: NamespaceOption): ObjectKey {
  const [, name] =
    /^(?:vms?\/|vmis?\/|virtualmachine(?:instance)?s?(?:\.kubevirt\.io)?\/)?([a-z0-9][a-z0-9.-]*)$/.exec(argument) ?? []
  if (name === undefined) throw new CommandError(`"${argument}" is not the name of a virtual machine. Try: sheaf status`, 2)
  return { namespace, name }
}
