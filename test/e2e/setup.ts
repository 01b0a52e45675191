// Once before all end-to-end tests: the programs are built and the guest image is there.

import { join } from 'node:path'
import { buildPrograms } from '../../tools/build.ts'
import { generateSchemas } from '../../tools/generate-schemas.ts'
import { ensureGuestImage } from '../../tools/guest/ensure-guest-image.ts'
import { root } from '../kit/repository-root.ts'

export async function setup(): Promise<void> {
  await generateSchemas()
  await buildPrograms()
  await ensureGuestImage(join(root, '.generated', 'images'))
}
