// Tries every stored object: whether this release serves it, can read it, and would take it if it were written again.

import { type Client, createClient } from '@sheaf/api/client'
import { type ApiObject, apiVersionOf, type Json, type ResourceDefinition, resourcePath, StatusError } from '@sheaf/api/meta'
import { type ApiServer, storagePrefix } from '@sheaf/machinery/apiserver'
import type { UserInfo } from '@sheaf/machinery/kind'
import type { Store, StoredEntry } from '@sheaf/machinery/store'

/** Somebody from outside: what our own controllers may write, others may not. */
export const visitor: UserInfo = { username: 'rehearsal', groups: ['system:masters', 'system:authenticated'] }

interface Trial {
  store: Store
  apiServer: ApiServer
  onProblem: (text: string) => void
  signal: AbortSignal
}

/** Nothing is stored. Answers how many there are. */
export async function checkObjects({ store, apiServer, onProblem, signal }: Trial): Promise<number> {
  const byPrefix = new Map(apiServer.served().map((definition) => [storagePrefix(definition), definition]))
  const { entries } = store.range('')
  for (const entry of entries) {
    signal.throwIfAborted()
    const definition = byPrefix.get(prefixOf(entry.key))
    if (definition === undefined) {
      onProblem(`${entry.key} is of a kind that this release does not serve`)
      continue
    }
    for (const what of await complaintsAbout(entry, definition, apiServer)) onProblem(what)
  }
  return entries.length
}

/** `/group/plural/…`, as every key begins. */
const prefixOf = (key: string): string => `${key.split('/').slice(0, 3).join('/')}/`

async function complaintsAbout(entry: StoredEntry, definition: ResourceDefinition, apiServer: ApiServer): Promise<string[]> {
  const name = `${definition.kind} ${entry.key.split('/').slice(3).join('/')}`
  const warnings: string[] = []
  const client = createClient({
    fetch: apiServer.fetchAs(visitor),
    userAgent: 'sheaf-rehearsal',
    onWarning: (text) => warnings.push(text),
  })
  try {
    await writeAgain(client, readAs(entry, definition), definition)
  } catch (error) {
    if (error instanceof StatusError) return [`${name} would be refused: ${error.message}`]
    return [`${name} cannot be read: ${String(error)}`]
  }
  return warnings.filter((text) => text.startsWith('unknown field')).map((text) => `${name} would lose an ${text}`)
}

/** As it is served: where a resource has several versions, it may lie there in another one. */
function readAs({ text }: StoredEntry, definition: ResourceDefinition): ApiObject {
  return { ...(JSON.parse(text) as ApiObject), apiVersion: apiVersionOf(definition) }
}

async function writeAgain(client: Client, object: ApiObject, definition: ResourceDefinition): Promise<void> {
  const { namespace = '', name = '' } = object.metadata
  await client.request('PUT', `${resourcePath(definition, { namespace, name })}?dryRun=All`, object as unknown as Json)
}
