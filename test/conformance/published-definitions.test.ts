// The definitions that real projects publish, as their Go modules carry them: each is accepted and served. They are others'
// work and not kept here: where the Go module proxy cannot be reached, these tests are skipped and say so.

import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CustomResourceDefinition } from '@sheaf/api'
import { afterAll, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import {
  type CustomApi,
  isEstablished,
  startCustomApi,
} from '../../packages/kinds/src/customresourcedefinition/custom-resources.fixture.ts'

const projects = [
  { module: 'github.com/cert-manager/cert-manager', version: 'v1.18.2', files: 'deploy/crds/*.yaml', least: 6 },
  { module: 'sigs.k8s.io/gateway-api', version: 'v1.3.0', files: 'config/crd/standard/*.yaml', least: 5 },
  {
    module: 'github.com/prometheus-operator/prometheus-operator',
    version: 'v0.83.0',
    files: 'example/prometheus-operator-crd/*.yaml',
    least: 8,
  },
]

/** Where the module lies; undefined when it cannot be had. */
function folderOf(module: string, version: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-go-'))
  try {
    writeFileSync(join(folder, 'go.mod'), 'module none\n')
    const options = { cwd: folder, encoding: 'utf8', timeout: 120_000 } as const
    const told = execFileSync('go', ['mod', 'download', '-json', `${module}@${version}`], options)
    return (JSON.parse(told) as { Dir?: string }).Dir
  } catch {
    return undefined
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function definitionsIn(folder: string, files: string): CustomResourceDefinition[] {
  return globSync(files, { cwd: folder })
    .toSorted()
    .flatMap((name) => parseAllDocuments(readFileSync(join(folder, name), 'utf8').replaceAll(/^ .*\{\{.*\}\}.*$/gm, '')))
    .map((document) => document.toJS() as CustomResourceDefinition)
    .filter((object) => object?.kind === 'CustomResourceDefinition')
}

const running: CustomApi[] = []
afterAll(async () => {
  await Promise.all(running.map((api) => api.stop()))
})

describe.each(projects)('$module $version', ({ module, version, files, least }) => {
  const folder = folderOf(module, version)

  test.skipIf(folder === undefined)('its definitions install (skipped where its Go module cannot be had)', async () => {
    const api = await startCustomApi()
    running.push(api)
    const definitions = definitionsIn(folder ?? '', files)
    expect(definitions.length).toBeGreaterThanOrEqual(least)
    const refused: string[] = []
    for (const definition of definitions) {
      await api
        .install(definition)
        .catch((error: Error) => refused.push(`${definition.metadata.name}: ${error.message.slice(0, 2_000)}`))
    }
    expect(refused).toEqual([])
    const { items } = await api.definitions.list()
    expect(items.filter((each) => !isEstablished(each))).toEqual([])
    expect(await api.read('/openapi/v3')).toContain(`apis/${definitions[0]?.spec.group}/`)
  })
})
