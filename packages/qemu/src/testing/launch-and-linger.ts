// A control plane for tests to kill: opens the data folder given as the first argument, launches the plan given as the second, and
// then stays until it is killed.

import type { LaunchPlan } from '../launch-plan.ts'
import { openQemuHypervisor } from '../qemu-hypervisor.ts'

const [root = '', plan = ''] = process.argv.slice(2)
const hypervisor = await openQemuHypervisor({ root, accelerator: 'tcg' })
process.stdout.write('launching\n')
await hypervisor.launch(JSON.parse(plan) as LaunchPlan)
process.stdout.write('launched\n')
setInterval(() => {}, 60_000)
