// What a machine boots with: a kernel given directly, and the firmware.

import type { FirmwareFiles } from '../firmware.ts'
import type { LaunchPlan } from '../launch-plan.ts'
import { option } from './option.ts'

/** `firmware` is needed by a plan with UEFI. Its `varsPath` is the machine's own copy. */
export function bootArguments(plan: LaunchPlan, firmware: FirmwareFiles | undefined): string[] {
  if (plan.firmware.kind === 'bios') return directKernel(plan)
  if (firmware === undefined) throw new Error(`the plan ${plan.id} boots with UEFI and the site names no firmware`)
  return [...uefi(firmware, plan.firmware.secureBoot), ...directKernel(plan)]
}

function directKernel({ kernel }: LaunchPlan): string[] {
  if (kernel === undefined) return []
  const initrd = kernel.initrdPath === undefined ? [] : ['-initrd', kernel.initrdPath]
  return ['-kernel', kernel.kernelPath, ...initrd, '-append', kernel.commandLine]
}

function uefi({ codePath, varsPath }: FirmwareFiles, isSecure: boolean): string[] {
  // The guest may change its variables through system management mode only; else secure boot secures nothing.
  const guard = isSecure ? ['-global', 'driver=cfi.pflash01,property=secure,value=on', '-global', 'ICH9-LPC.disable_s3=1'] : []
  return [
    ...guard,
    '-drive',
    option('if=pflash', { unit: 0, format: 'raw', readonly: true, file: codePath }),
    '-drive',
    option('if=pflash', { unit: 1, format: 'raw', file: varsPath }),
  ]
}
