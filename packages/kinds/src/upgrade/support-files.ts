// What is put together when an upgrade has failed: enough to find out why, and nothing that is secret. Secrets are not read at
// all, and of machines what cloud-init is given, where passwords stand, is left out.

import {
  type UpgradeLog,
  upgradeDefinition,
  upgradeLogDefinition,
  versionDefinition,
  virtualMachineDefinition,
  virtualMachineImageDefinition,
  virtualMachineInstanceDefinition,
  nodeDefinition,
} from '@sheaf/api'
import type { Json } from '@sheaf/api/meta'
import type { Pass } from './station.ts'

const kinds = [
  upgradeDefinition,
  upgradeLogDefinition,
  versionDefinition,
  virtualMachineImageDefinition,
  virtualMachineDefinition,
  virtualMachineInstanceDefinition,
  nodeDefinition,
] as const

export async function supportFiles({ ports, id, record }: Pass): Promise<{ name: string; text: string }[]> {
  const { client, platform } = ports
  const objects = await Promise.all(
    kinds.map(async (definition) => {
      const { items } = await client.resource<UpgradeLog>(definition).list()
      return {
        name: `objects/${definition.plural}.json`,
        text: textOf(items.map((item) => withoutSecrets(item as unknown as Json))),
      }
    }),
  )
  return [
    ...objects,
    { name: 'journal.json', text: textOf((await platform.journal(id).read()) as unknown as Json) },
    { name: 'log.jsonl', text: await logText(platform.log(id).read()) },
    { name: 'last-words.txt', text: record.hostServes?.lastWords ?? '' },
    { name: 'installed.json', text: textOf(platform.installed() as unknown as Json) },
  ]
}

const textOf = (value: Json): string => `${JSON.stringify(value, undefined, 2)}\n`

/** Fields that may hold what is secret, wherever they stand. */
const secretFields: ReadonlySet<string> = new Set([
  'userData',
  'userDataBase64',
  'networkData',
  'networkDataBase64',
  'kernelArgs',
  'managedFields',
])
const secretAnnotations: ReadonlySet<string> = new Set(['kubectl.kubernetes.io/last-applied-configuration'])

export function withoutSecrets(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([key]) => !secretAnnotations.has(key))
  return Object.fromEntries(kept.map(([key, each]) => [key, secretFields.has(key) ? '(left out)' : withoutSecrets(each as Json)]))
}

async function logText(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const piece of pieces) chunks.push(piece)
  return Buffer.concat(chunks).toString()
}
