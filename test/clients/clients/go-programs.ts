// What controllers are written with: client-go and controller-runtime, in programs of ours.

import { join } from 'node:path'
import type { Client } from '../client.ts'
import { buildOwnGoProgram } from '../go-module.ts'
import { program } from '../program.ts'

const sources = join(import.meta.dirname, '..', 'go-programs')

/** Builds one of the programs in `go-programs`, whose go.mod pins what it needs. */
export const buildFromSources = (name: 'controller' | 'kubectl', cacheFolder: string, linkerFlags?: string): Promise<string> =>
  buildOwnGoProgram(sources, { main: `./${name}`, path: join(cacheFolder, name), linkerFlags })

const titles = {
  'typed-informer': 'an informer with compiled types (protobuf, streamed lists) sees objects come, change and go',
  'dynamic-informer': 'a dynamic informer sees a machine come and go',
  'server-side-apply': 'two managers apply: shared object, conflict, force, taking back',
  conflict: 'an update that knows an older state conflicts',
  'leader-election': 'leader election by a Lease',
  'define-kind': 'apiextensions clientset defines a Kind (protobuf)',
  'controller-runtime': 'a controller-runtime manager keeps a finalizer on a machine and lets it go',
}

export const goController: Client = {
  name: 'client-go and controller-runtime',
  origin: 'k8s.io/client-go@v0.37.2, sigs.k8s.io/controller-runtime@v0.25.2',
  async bring({ cacheFolder, environment, namespace, server }) {
    const controller = program(await buildFromSources('controller', cacheFolder), environment)
    await server.client.request('POST', '/api/v1/namespaces', { metadata: { name: namespace } })
    const deeds = Object.entries(titles).map(([deed, title]) => ({
      title,
      run: async () => void (await controller(deed, namespace)),
    }))
    return { version: 'v0.37.2, v0.25.2', deeds }
  },
}
