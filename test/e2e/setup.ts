// Once before all end-to-end tests: the programs are built and the guest image is there.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { buildPrograms } from '../../tools/build.ts'
import { generateSchemas } from '../../tools/generate-schemas.ts'
import { ensureGuestImage } from '../../tools/guest/ensure-guest-image.ts'
import { root } from '../kit/repository-root.ts'

export async function setup(project: TestProject): Promise<() => void> {
  await generateSchemas()
  await buildPrograms()
  await ensureGuestImage(join(root, '.generated', 'images'))
  // Built by the first test that needs them.
  const releases = mkdtempSync(join(tmpdir(), 'sheaf-releases-'))
  project.provide('releases', releases)
  return () => rmSync(releases, { recursive: true, force: true })
}
