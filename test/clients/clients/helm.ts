// Helm, with a chart that has a hook: install, upgrade, roll back, uninstall.

import { join } from 'node:path'
import type { Client, Deed } from '../client.ts'
import { buildGoProgram } from '../go-module.ts'
import { mustHold, program } from '../program.ts'

const chart = join(import.meta.dirname, '..', 'chart')

export const helm = (major: 3 | 4, version: string): Client => ({
  name: `Helm ${major}`,
  origin: `helm.sh/helm/v${major}@${version}`,
  async bring({ cacheFolder, environment, namespace }) {
    const module = `helm.sh/helm/v${major}`
    const path = await buildGoProgram({ module, version, package: `${module}/cmd/helm` }, cacheFolder)
    const h = program(path, environment, ['--namespace', namespace])
    const deeds: Deed[] = [
      {
        title: 'install a chart with a hook into a new namespace, and wait',
        run: async () =>
          mustHold(await h('install', 'demo', chart, '--create-namespace', '--wait', '--timeout', '90s'), /deployed/),
      },
      { title: 'list, status', run: async () => mustHold(await h('status', 'demo'), /deployed/) },
      {
        title: 'upgrade',
        run: async () =>
          mustHold(await h('upgrade', 'demo', chart, '--set', 'tier=gold', '--wait', '--timeout', '90s'), /REVISION: 2/),
      },
      { title: 'get manifest, history', run: async () => mustHold(await h('history', 'demo'), /superseded[\s\S]*deployed/) },
      { title: 'rollback', run: async () => mustHold(await h('rollback', 'demo', '1', '--wait', '--timeout', '90s'), /success/) },
      {
        title: 'uninstall',
        run: async () => mustHold(await h('uninstall', 'demo', '--wait', '--timeout', '90s'), /uninstalled/),
      },
    ]
    return { version, deeds }
  },
})
