// Kubernetes' own client for Python, from PyPI into an environment of its own.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../../kit/server-process.ts'
import type { Client } from '../client.ts'
import { program } from '../program.ts'

const wanted = '37.0.2'
const script = join(import.meta.dirname, '..', 'python-program', 'deeds.py')

const titles = {
  objects: 'create, read, replace, delete a machine',
  watch: 'watch a machine come and go',
  patch: 'patch (merge, strategic, server-side apply)',
  dynamic: 'the dynamic client finds kinds by discovery',
  table: 'field and label selectors, pages',
}

export const python: Client = {
  name: 'Python client',
  origin: `kubernetes ${wanted} of PyPI`,
  async bring({ cacheFolder, environment, namespace, server }) {
    const folder = join(cacheFolder, `python-kubernetes-${wanted}`)
    const interpreter = join(folder, 'bin', 'python')
    if (!existsSync(interpreter)) await must('python3', '-m', 'venv', folder)
    await must(interpreter, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `kubernetes==${wanted}`)
    await server.client.request('POST', '/api/v1/namespaces', { metadata: { name: namespace } })
    const deed = program(interpreter, environment, [script])
    const deeds = Object.entries(titles).map(([name, title]) => ({ title, run: async () => void (await deed(name, namespace)) }))
    return { version: wanted, deeds }
  },
}

async function must(path: string, ...args: string[]): Promise<void> {
  const { code, stderr } = await run(path, args)
  if (code !== 0) throw new Error(`${args.join(' ')}: ${stderr.trim().split('\n').at(-1)}`)
}
