// Clients that write without pause and keep account of what was acknowledged: what a server may never lose.

import { setTimeout as pause } from 'node:timers/promises'
import { type ConfigMap, configMapDefinition } from '@sheaf/api'
import { StatusError } from '@sheaf/api/meta'
import type { ServerProcess } from './server-process.ts'

export const ledgerNamespace = 'default'
const label = { ledger: 'yes' }

export interface Entry {
  /** The highest number that was acknowledged, or read: reading is an acknowledgement too. */
  acknowledged: number
  /** The highest number that was ever sent. */
  attempted: number
  resourceVersion: number
}

export interface Ledger {
  readonly entries: ReadonlyMap<string, Readonly<Entry>>
  /** The highest resourceVersion that any answer carried. */
  readonly highest: number
  readonly acknowledgements: number
  /** What the server refused, and answers that went back in time. */
  readonly troubles: readonly string[]
  /** Reads everything back; every loss in words. Writers may go on meanwhile. */
  losses(): Promise<string[]>
  stop(): Promise<void>
}

/** Each ConfigMap counts from 0 up to here, then the next one is made. */
const countsTo = 20
/** Writers leave the machine some time for its guests. */
const breathMs = 5

export function startWriters(server: ServerProcess, count: number): Ledger {
  const entries = new Map<string, Entry>()
  const troubles: string[] = []
  let highest = 0
  let acknowledgements = 0
  let isStopping = false
  const configMaps = () => server.client.resource<ConfigMap>(configMapDefinition)

  function acknowledge(entry: Entry, { metadata, data }: ConfigMap): void {
    const resourceVersion = Number(metadata.resourceVersion)
    const number = Number(data?.['count'])
    if (number < entry.acknowledged || resourceVersion < entry.resourceVersion)
      troubles.push(`${metadata.name} went back from ${JSON.stringify(entry)} to ${number} at ${resourceVersion}`)
    entry.acknowledged = number
    entry.resourceVersion = resourceVersion
    highest = Math.max(highest, resourceVersion)
    acknowledgements++
  }

  /** Sends one number, and does not rest before it is known whether it arrived. */
  async function write(name: string, entry: Entry, number: number): Promise<void> {
    entry.attempted = number
    const key = { namespace: ledgerNamespace, name }
    const data = { count: String(number) }
    for (;;) {
      try {
        const send = number === 0 ? configMaps().create(newConfigMap(name, data)) : configMaps().patch(key, { data })
        return acknowledge(entry, await send)
      } catch (error) {
        if (error instanceof StatusError) troubles.push(`${name}: ${error.message}`)
        const arrived = await readWhenPossible(name)
        if (arrived !== undefined) acknowledge(entry, arrived)
        if (entry.acknowledged === number || isStopping) return
        await pause(breathMs)
      }
    }
  }

  async function readWhenPossible(name: string): Promise<ConfigMap | undefined> {
    while (!isStopping) {
      try {
        return await configMaps().find({ namespace: ledgerNamespace, name })
      } catch (error) {
        if (error instanceof StatusError) troubles.push(`reading ${name}: ${error.message}`)
        await pause(breathMs)
      }
    }
    return undefined
  }

  async function writeOn(writer: number): Promise<void> {
    for (let round = 0; !isStopping; round++) {
      const name = `ledger-${writer}-${round}`
      const entry = { acknowledged: -1, attempted: -1, resourceVersion: 0 }
      entries.set(name, entry)
      for (let number = 0; number <= countsTo && !isStopping; number++) {
        await write(name, entry, number)
        await pause(breathMs)
      }
    }
  }

  const writers = Promise.all(Array.from({ length: count }, (_, writer) => writeOn(writer)))
  return {
    entries,
    get highest() {
      return highest
    },
    get acknowledgements() {
      return acknowledgements
    },
    troubles,
    async losses() {
      const known = [...entries].map(([name, entry]) => ({ name, ...entry }))
      const highestBefore = highest
      const list = await configMaps().list({ namespace: ledgerNamespace, labelSelector: 'ledger=yes' })
      const found = new Map(list.items.map((item) => [item.metadata.name ?? '', item]))
      const backwards =
        Number(list.metadata.resourceVersion) < highestBefore
          ? [`the list is of ${list.metadata.resourceVersion}, but ${highestBefore} was acknowledged`]
          : []
      return [
        ...backwards,
        ...known.flatMap((entry) => lossOf(entry, found.get(entry.name), entries.get(entry.name)?.attempted ?? -1)),
      ]
    },
    async stop() {
      isStopping = true
      await writers
    },
  }
}

function lossOf(entry: Entry & { name: string }, found: ConfigMap | undefined, attempted: number): string[] {
  if (entry.acknowledged < 0) return []
  if (found === undefined) return [`${entry.name} is gone, but ${entry.acknowledged} was acknowledged`]
  const number = Number(found.data?.['count'])
  const resourceVersion = Number(found.metadata.resourceVersion)
  if (number >= entry.acknowledged && number <= attempted && resourceVersion >= entry.resourceVersion) return []
  return [`${entry.name} is ${number} at ${resourceVersion}, but ${JSON.stringify(entry)} was acknowledged`]
}

function newConfigMap(name: string, data: Record<string, string>): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: ledgerNamespace, labels: label }, data }
}
