import { describe } from 'vitest'
import { findProgram } from './find-program.ts'
import { hypervisorConformance } from './testing/hypervisor-conformance.ts'
import { openQemuRig } from './testing/qemu-rig.ts'

const isQemuThere = (await findProgram('qemu-system-x86_64')) !== undefined && (await findProgram('qemu-img')) !== undefined

describe.skipIf(!isQemuThere)('the hypervisor over real QEMU (skipped where qemu-system-x86_64 or qemu-img is missing)', { timeout: 60_000 }, () => {
  hypervisorConformance(() => openQemuRig())
})
