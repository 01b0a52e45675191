// Custom resources as real projects have them: `node test/differential/compare-projects.ts` installs their definitions on a real
// kube-apiserver and on our server, sends both the projects' own examples, and the examples with one thing in each made wrong, and
// tells where the answers part.

import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { isJsonObject, type JsonObject } from '@sheaf/api/meta'
import { buildPrograms } from '../../tools/build.ts'
import { comparedAnswers } from './allowed-differences.ts'
import { differentialAgent, type ExchangeCase, runCase, type Step, type TestedServer } from './exchange-case.ts'
import { documentsIn, moduleFolder, type Project, projects, spoiled } from './real-projects.ts'
import { referenceBinaries, startReferenceServer } from './reference-server.ts'
import { startServedProcess } from './served-process.ts'

const mostSpoiled = 12
const establishedMs = 60_000
const lookMs = 100
const definitionsPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const headers = { 'content-type': 'application/json', 'user-agent': differentialAgent, accept: 'application/json' }

interface Served {
  apiVersion: string
  kind: string
  path: string
}

async function install(server: TestedServer, definition: JsonObject): Promise<Served[]> {
  const { status, text } = await server.send({ method: 'POST', path: definitionsPath, headers, body: JSON.stringify(definition) })
  if (status !== 201) throw new Error(`a definition is refused: ${text.slice(0, 1_000)}`)
  const { metadata, spec } = definition as unknown as {
    metadata: { name: string }
    spec: { group: string; scope: string; names: { plural: string; kind: string }; versions: { name: string }[] }
  }
  const until = Date.now() + establishedMs
  const isEstablished = async (): Promise<boolean> =>
    /"type":\s*"Established"[^}]*"status":\s*"True"|"status":\s*"True"[^}]*"type":\s*"Established"/.test(
      (await server.send({ method: 'GET', path: `${definitionsPath}/${metadata.name}`, headers })).text,
    )
  while (!(await isEstablished())) {
    if (Date.now() > until) throw new Error(`${metadata.name} is never established`)
    await sleep(lookMs)
  }
  const place = spec.scope === 'Namespaced' ? 'namespaces/{ns}/' : ''
  return spec.versions.map(({ name }) => ({
    apiVersion: `${spec.group}/${name}`,
    kind: spec.names.kind,
    path: `/apis/${spec.group}/${name}/${place}${spec.names.plural}`,
  }))
}

/** Where a chart fills in labels, nothing has. */
function withoutTemplates({ metadata, ...definition }: JsonObject): JsonObject {
  const { name = '' } = isJsonObject(metadata) ? metadata : {}
  return { ...definition, metadata: { name } }
}

function casesOf(project: Project, folder: string, served: readonly Served[]): ExchangeCase[] {
  return documentsIn(folder, project.examples).flatMap((example, index) => {
    const kind = served.find((each) => each.apiVersion === example.apiVersion && each.kind === example.kind)
    if (kind === undefined) return []
    const metadata = isJsonObject(example.metadata) ? example.metadata : {}
    const { namespace: _own, ...rest } = metadata
    const own: JsonObject = { ...example, metadata: { ...rest, name: `example-${index}` } }
    const send = (body: JsonObject): Step => ({ method: 'POST', path: `${kind.path}?dryRun=All&fieldValidation=Strict`, body })
    return [{ name: `${project.name}: ${kind.kind} ${index}`, steps: [own, ...spoiled(own, mostSpoiled)].map(send) }]
  })
}

async function main(): Promise<number> {
  await buildPrograms()
  const judge = await startReferenceServer({ binaries: referenceBinaries, asInUse: false })
  const ours = await startServedProcess()
  let parted = 0
  try {
    for (const [at, project] of projects.entries()) {
      const folder = moduleFolder(project)
      const definitions = documentsIn(folder, [project.definitions]).map(withoutTemplates)
      const served: Served[] = []
      for (const definition of definitions) {
        await install(judge, definition)
        served.push(...(await install(ours, definition)))
      }
      // What is established is served a moment later by every part of kube-apiserver.
      await sleep(5_000)
      const outcomes = { taken: 0, refused: 0 }
      for (const [index, one] of casesOf(project, folder, served).entries()) {
        const namespace = `project-${at}-${index}`
        const [theirs, own] = [await runCase(judge, one, namespace), await runCase(ours, one, namespace)]
        const compared = comparedAnswers(one, own, theirs)
        for (const [step, answer] of compared.own.entries()) {
          outcomes[answer.status === 201 ? 'taken' : 'refused'] += 1
          if (isDeepStrictEqual(answer, compared.judge[step])) continue
          parted += 1
          console.log(`${one.name}, step ${step}: ${JSON.stringify(one.steps[step]?.body)}`)
          console.log(`  kube-apiserver: ${JSON.stringify(compared.judge[step])}`)
          console.log(`  ours:           ${JSON.stringify(answer)}`)
        }
      }
      console.log(
        `${project.name}: ${definitions.length} definitions, ${outcomes.taken} objects taken and ${outcomes.refused} refused, by both`,
      )
    }
    console.log(`${parted} answers part`)
    return parted === 0 ? 0 : 1
  } finally {
    await ours.stop()
    await judge.stop()
  }
}

process.exitCode = await main()
