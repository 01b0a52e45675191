// A control plane for tests to kill: opens the data folder given as the first argument, moves the machine given as the second, and then
// stays until it is killed.

import { openQemuHypervisor } from '../qemu-hypervisor.ts'

const [root = '', id = ''] = process.argv.slice(2)
const hypervisor = await openQemuHypervisor({ root, accelerator: 'tcg' })
// What is asked of QEMU is asked before the clock starts.
await hypervisor.capabilities()
process.stdout.write('moving\n')
await hypervisor.migrate(id, 'by the one that dies')
setInterval(() => {}, 60_000)
