// Asks the judge: `node test/differential/record.ts [part of a case's file name]` sends every case to a real kube-apiserver
// and writes down its answers. The tests compare ours with them, so that nobody else needs the judge.
// The binaries are kept in $SHEAF_REFERENCE_BINARIES.

import { mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { schemas, virtualMachineDefinition } from '@sheaf/api'
import type { Json } from '@sheaf/api/meta'
import { root as repositoryRoot } from '../kit/repository-root.ts'
import { caseFiles } from './case-files.ts'
import { customResourceDefinition } from './custom-resource-definition.ts'
import { runCase } from './exchange-case.ts'
import { type ReferenceServer, startReferenceServer } from './reference-server.ts'
import { widgetNames, widgetScale, widgetSchema } from './widget-resource.ts'

const binaries = process.env['SHEAF_REFERENCE_BINARIES'] ?? join(homedir(), '.cache/sheaf-reference')
const recordedFolder = join(repositoryRoot, 'test/differential/recorded')

async function defineCustomResources(server: ReferenceServer): Promise<void> {
  const { schemaName, ...machine } = virtualMachineDefinition
  const machineSchema = schemas[schemaName]
  if (machineSchema === undefined) throw new Error(`${schemaName} has no schema`)
  const definitions: Json[] = [
    customResourceDefinition({ ...widgetNames, schema: widgetSchema, scale: widgetScale }, {}),
    customResourceDefinition({ ...machine, schema: machineSchema }, schemas),
  ]
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  const headers = { 'content-type': 'application/json' }
  for (const definition of definitions) {
    const { status, text } = await server.send({ method: 'POST', path, headers, body: JSON.stringify(definition) })
    if (status !== 201) throw new Error(`the judge does not take a definition: ${text.slice(0, 2_000)}`)
  }
  for (const served of ['example.org/v1/widgets', 'kubevirt.io/v1/virtualmachines']) {
    while ((await server.send({ method: 'GET', path: `/apis/${served}`, headers: {} })).status !== 200) await sleep(200)
  }
  // What is established is served a moment later by every part of the server.
  await sleep(5_000)
}

async function main([part = '']: string[]): Promise<void> {
  mkdirSync(recordedFolder, { recursive: true })
  const server = await startReferenceServer(binaries)
  try {
    await defineCustomResources(server)
    for (const { file, cases } of caseFiles.filter(({ file }) => file.includes(part))) {
      const lines: string[] = []
      for (const [index, one] of cases.entries()) {
        const answers = await runCase(server, one, `case-${file}-${index}`)
        lines.push(`${JSON.stringify(one.name)}: ${JSON.stringify(answers)}`)
      }
      writeFileSync(join(recordedFolder, `${file}.json`), `{\n${lines.join(',\n')}\n}\n`)
      console.log(`${file}: ${cases.length} cases`)
    }
  } finally {
    await server.stop()
  }
}

await main(process.argv.slice(2))
