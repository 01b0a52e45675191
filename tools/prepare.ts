// Everything between a fresh clone and a program that can be started: system packages, schemas, build, guest image.

import { homedir } from 'node:os'
import { join } from 'node:path'
import { buildPrograms } from './build.ts'
import { generateSchemas } from './generate-schemas.ts'
import { ensureGuestImage } from './guest/ensure-guest-image.ts'
import { step } from './step.ts'
import { ensureSystemPackages } from './system-packages.ts'

/** The same rule as the programs': `SHEAF_DATA`, else the XDG data folder. */
export function dataFolder(): string {
  return process.env['SHEAF_DATA'] ?? join(process.env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'sheaf')
}

export async function preparePrograms(purpose: 'run' | 'test'): Promise<void> {
  await ensureSystemPackages(purpose)
  await step('making the API schemas', generateSchemas)
  await step('building', () => buildPrograms())
}

export async function prepareMachine(folder = dataFolder()): Promise<void> {
  await preparePrograms('run')
  await ensureGuestImage(join(folder, 'images'))
}

if (import.meta.main) {
  try {
    await prepareMachine()
  } catch (error) {
    console.error(`sheaf: ${error instanceof Error ? error.message : String(error)}`)
    process.exit(1)
  }
}
