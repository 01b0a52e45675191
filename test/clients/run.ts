// Brings every client, has each do its deeds against one server with real machines, and writes docs/reference/clients.md.
// Builds take most of an hour the first time, and are kept. `node test/clients/run.ts helm` runs those alone whose name
// contains the word, prints what came of it and writes no page.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../kit/free-port.ts'
import { root } from '../kit/repository-root.ts'
import { startServerProcess } from '../kit/server-process.ts'
import { type Client, type ClientReport, report } from './client.ts'
import { clientNode } from './clients/client-node.ts'
import { goController } from './clients/go-programs.ts'
import { helm } from './clients/helm.ts'
import { k9s } from './clients/k9s.ts'
import { kubectlClients } from './clients/kubectl.ts'
import { openTofu } from './clients/opentofu.ts'
import { python } from './clients/python.ts'
import { virtctl } from './clients/virtctl.ts'
import { buildPrograms } from '../../tools/build.ts'
import { generateSchemas } from '../../tools/generate-schemas.ts'
import { ensureGuestImage } from '../../tools/guest/ensure-guest-image.ts'
import { matrixPage } from './matrix-page.ts'

const page = join(root, 'docs', 'reference', 'clients.md')
const cacheFolder = process.env['SHEAF_CLIENTS'] ?? join(root, '.generated', 'clients')

const [word] = process.argv.slice(2)
const all: Client[] = [
  ...(await kubectlClients()),
  clientNode,
  python,
  goController,
  virtctl,
  k9s,
  helm(3, 'v3.22.0'),
  helm(4, 'v4.3.1'),
  openTofu,
]
const chosen = all.filter(
  ({ name, origin }) => word === undefined || `${name} ${origin}`.toLowerCase().includes(word.toLowerCase()),
)
if (chosen.length === 0) throw new Error(`no client is called ${word}; there are: ${all.map(({ name }) => name).join(', ')}`)

await generateSchemas()
await buildPrograms()
await ensureGuestImage(join(root, '.generated', 'images'))
mkdirSync(cacheFolder, { recursive: true })
const server = await startServerProcess({ port: await freePort() })
const home = mkdtempSync(join(tmpdir(), 'sheaf-clients-'))
try {
  const reports: ClientReport[] = []
  for (const [index, client] of chosen.entries()) {
    const folder = join(home, `client-${index}`)
    mkdirSync(folder)
    const environment = {
      ...process.env,
      HOME: folder,
      KUBECONFIG: server.kubeconfig,
      KUBE_EDITOR: `sed -i -e s/Halted/Manual/`,
    }
    const told = await report(client, { server, cacheFolder, folder, namespace: `client-${index}`, environment })
    reports.push(told)
    for (const outcome of told.outcomes)
      console.log(`${client.name} ${told.version}: ${outcome.title}: ${outcome.state === 'works' ? 'works' : outcome.words}`)
    if (told.absence !== undefined) console.log(`${client.name}: could not be had: ${told.absence}`)
  }
  if (word === undefined) writeFileSync(page, matrixPage(reports))
} finally {
  await server.dispose()
  rmSync(home, { recursive: true, force: true })
}
