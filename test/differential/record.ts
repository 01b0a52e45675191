// Asks the judge: `node test/differential/record.ts [part of a case's file name]` sends every case to a real kube-apiserver
// and writes down its answers. The tests compare ours with them, so that nobody else needs the judge.
// The binaries are kept in $SHEAF_REFERENCE_BINARIES.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root as repositoryRoot } from '../kit/repository-root.ts'
import { caseFiles } from './case-files.ts'
import { defineCustomResources } from './define-custom-resources.ts'
import { runCase } from './exchange-case.ts'
import { referenceBinaries, startReferenceServer } from './reference-server.ts'

const recordedFolder = join(repositoryRoot, 'test/differential/recorded')

async function main([part = '']: string[]): Promise<void> {
  mkdirSync(recordedFolder, { recursive: true })
  const server = await startReferenceServer({ binaries: referenceBinaries, asInUse: false })
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
