// Our API server in this process, with the Kinds that both servers have. The custom ones are without the rules and defaults
// that go beyond their schema: there is no webhook on the other side either.

import { schemas, virtualMachineDefinition } from '@sheaf/api'
import { type ApiResponse, isStreaming } from '@sheaf/api/client'
import type { ResourceDefinition } from '@sheaf/api/meta'
import { configMapKind, leaseKind, namespaceKind, namespaceRole, secretKind } from '@sheaf/kinds'
import { createApiServer } from '@sheaf/machinery/apiserver'
import { createManualClock, createSeededRandom } from '@sheaf/machinery/controller'
import type { Kind } from '@sheaf/machinery/kind'
import { openMemoryStore } from '@sheaf/machinery/store'
import type { TestedServer } from './exchange-case.ts'
import { warningText } from './warning-text.ts'
import { widgetNames, widgetScale, widgetSchema } from './widget-resource.ts'

const widgetDefinition: ResourceDefinition = {
  ...widgetNames,
  shortNames: [],
  categories: [],
  scope: 'Namespaced',
  schemaName: 'org.example.v1.Widget',
  origin: 'custom',
  hasStatus: true,
  scale: widgetScale,
  countsGeneration: true,
  createsOnUpdate: false,
  nameRule: 'subdomain',
  withoutVerbs: [],
  columns: [],
  selectableFields: {},
}

function withoutOwnRules({
  applyDefaults: _d,
  validate: _v,
  warnings: _w,
  ...definition
}: ResourceDefinition): ResourceDefinition {
  return definition
}

const kinds = [
  namespaceKind,
  configMapKind,
  secretKind,
  leaseKind,
  { definition: widgetDefinition },
  { definition: withoutOwnRules(virtualMachineDefinition as ResourceDefinition) },
] as readonly Kind[]

const user = { username: 'differential', groups: ['system:masters', 'system:authenticated'] }
const secondMs = 1_000

export function startOurServer(): TestedServer {
  const clock = createManualClock()
  const server = createApiServer({
    store: openMemoryStore(),
    kinds,
    schemas: { ...schemas, [widgetDefinition.schemaName]: widgetSchema },
    namespaces: namespaceRole,
    clock,
    random: createSeededRandom(1),
    version: {
      major: '1',
      minor: '33',
      gitVersion: 'v1.33.0',
      gitCommit: '',
      gitTreeState: '',
      buildDate: '',
      goVersion: '',
      compiler: '',
      platform: '',
    },
    readiness: [],
    storeDescription: 'memory',
    onInternalError: (error) => {
      throw error
    },
  })
  return {
    async send(request) {
      const response = await server.handle(request, user)
      return { status: response.status, warnings: warningsOf(response), text: await textOf(response) }
    },
    waitSecond: async () => clock.advance(secondMs),
  }
}

async function textOf({ body }: ApiResponse): Promise<string> {
  if (isStreaming(body)) throw new Error('a case reads no stream')
  return typeof body === 'string' ? body : Buffer.from(body).toString()
}

function warningsOf({ headers }: ApiResponse): string[] {
  const { warning = [] } = headers
  return (typeof warning === 'string' ? [warning] : warning).map(warningText)
}
