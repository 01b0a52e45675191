// `sheaf migrate`: moves the guest of a virtual machine to another process, of the QEMU that is installed now.

import { setTimeout as pause } from 'node:timers/promises'
import { type VirtualMachineInstanceMigration, virtualMachineInstanceMigrationDefinition } from '@sheaf/api'
import { findCondition, keyOf } from '@sheaf/api/meta'
import type { Command } from 'commander'
import { CommandError, connect } from './connection.ts'
import { keyFrom, type NamespaceOption, virtualMachineCommand } from './virtual-machine-argument.ts'

/** A move takes half a second and more. */
const lookEveryMs = 200

export function migrateCommand(): Command {
  return virtualMachineCommand('migrate', 'move a running virtual machine to the QEMU that is installed now')
    .option('--wait', 'until it has moved, or stays where it is')
    .addHelpText(
      'after',
      `
The guest goes on after a short pause, in another process on this host: with the same memory, disks and ports. What is
connected to its ports or its console has to connect again. Until it has moved it can be cancelled: kubectl delete vmim NAME

Exit codes: 0 it has begun (with --wait: it has moved), 1 refused (with --wait: it stays where it is), 2 misused.`,
    )
    .action(migrate)
}

async function migrate(vm: string, options: NamespaceOption & { wait?: true }): Promise<void> {
  const { namespace, name } = keyFrom(vm, options)
  const migrations = connect().client.resource<VirtualMachineInstanceMigration>(virtualMachineInstanceMigrationDefinition)
  const made = await migrations.create({
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstanceMigration',
    metadata: { namespace, generateName: 'kubevirt-migrate-vm-' },
    spec: { vmiName: name },
  })
  const own = made.metadata.name ?? ''
  if (options.wait !== true) {
    process.stdout.write(`VM ${name} is to be moved. Watch it with: kubectl get vmim ${own} -n ${namespace} -w\n`)
    return
  }
  for (;;) {
    const now = await migrations.find(keyOf(made))
    if (now === undefined) throw new CommandError(`the migration ${own} was deleted before it had ended`)
    const { phase, migrationState, conditions } = now.status ?? {}
    if (phase === 'Failed')
      throw new CommandError(`VM ${name} stays where it is: ${migrationState?.failureReason ?? 'it is not known why'}`)
    if (phase === 'Succeeded') {
      process.stdout.write(`VM ${name}: ${findCondition(conditions, 'GuestMoved')?.message ?? 'the guest was moved'}\n`)
      return
    }
    await pause(lookEveryMs)
  }
}
