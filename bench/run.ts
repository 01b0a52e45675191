// The figures that we promise, each as a ratio to a limit or a peer of the same run. Machines differ and are noisy: a
// ratio of medians says more than a time. `node bench/run.ts [name …]` runs all, or the named ones.

import { join } from 'node:path'
import { root } from '../test/kit/repository-root.ts'
import { buildPrograms } from '../tools/build.ts'
import { ensureGuestImage } from '../tools/guest/ensure-guest-image.ts'
import { adoption } from './adoption.ts'
import { apiServer } from './api-server.ts'
import { density } from './density.ts'
import type { Figure } from './figure.ts'
import { firstMarker } from './first-marker.ts'
import { startup } from './startup.ts'
import { upgrade } from './upgrade.ts'

const benches: Readonly<Record<string, () => Promise<Figure[]>>> = {
  startup,
  'first-marker': firstMarker,
  adoption,
  density,
  'api-server': apiServer,
  upgrade,
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(name in benches))
if (unknown.length > 0) throw new Error(`no such bench: ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}`)

await buildPrograms()
await ensureGuestImage(join(root, '.generated', 'images'), console.error)
const figures: Figure[] = []
for (const [name, bench] of Object.entries(benches)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  process.stderr.write(`• ${name}\n`)
  figures.push(...(await bench()))
}
for (const { what, measured, against, ratio, most } of figures) {
  console.log(
    `${ratio <= most ? 'kept  ' : 'BROKEN'}  ${ratio.toFixed(2)} (at most ${most.toFixed(2)})  ${what}: ${measured} against ${against}`,
  )
}
process.exit(figures.every(({ ratio, most }) => ratio <= most) ? 0 : 1)
