// A small definition, and an API server on which it can be installed.

import { type CustomResourceDefinition, type CustomResourceVersion, customResourceDefinitionDefinition } from '@sheaf/api'
import type { ResourceClient, ResourceName } from '@sheaf/api/client'
import { type ApiObject, findCondition, type JsonSchema } from '@sheaf/api/meta'
import { smallKinds, startTestApi, type TestApi } from '../api-server.fixture.ts'
import { customResourceDefinitionKind, definitionRole, startCustomResourceDefinitionController } from './index.ts'

export interface CustomApi extends TestApi {
  definitions: ResourceClient<CustomResourceDefinition>
  /** Waits until it is served. */
  install(definition: CustomResourceDefinition): Promise<void>
  /** The text of a GET. */
  read(path: string, accept?: string): Promise<string>
  stop(): Promise<void>
}

export async function startCustomApi(): Promise<CustomApi> {
  const builtIn = () => smallKinds.map(({ definition }) => definition)
  const api = await startTestApi([...smallKinds, customResourceDefinitionKind(builtIn)], { definitions: definitionRole })
  const controller = startCustomResourceDefinitionController({ ...api, builtIn })
  const definitions = api.client.resource<CustomResourceDefinition>(customResourceDefinitionDefinition)
  return {
    ...api,
    definitions,
    async install(definition) {
      const { name = '' } = (await definitions.create(definition)).metadata
      await api.until(async () => isEstablished(await definitions.get({ namespace: '', name })))
    },
    async read(path, accept = 'application/json') {
      const { body } = await api.server.handle({ method: 'GET', path, headers: { accept } }, { username: 'reader', groups: [] })
      return typeof body === 'string' ? body : body instanceof Uint8Array ? new TextDecoder().decode(body) : ''
    },
    stop: () => controller.stop(),
  }
}

export function isEstablished({ status }: CustomResourceDefinition): boolean {
  return findCondition(status?.conditions, 'Established')?.status === 'True'
}

export const boatSchema: JsonSchema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      required: ['length'],
      properties: {
        length: { type: 'integer', minimum: 1 },
        crew: { type: 'integer', default: 2 },
        sail: { type: 'string', enum: ['gaff', 'lug'] },
      },
    },
    status: { type: 'object', properties: { afloat: { type: 'boolean' }, crew: { type: 'integer' } } },
  },
}

export function boats(
  version: Partial<CustomResourceVersion> = {},
  spec: Partial<CustomResourceDefinition['spec']> = {},
): CustomResourceDefinition {
  const names = { plural: 'boats', kind: 'Boat', shortNames: ['bt'] }
  const given = {
    group: 'harbour.example.org',
    scope: 'Namespaced' as const,
    names,
    ...spec,
  }
  const v1: CustomResourceVersion = {
    name: 'v1',
    served: true,
    storage: true,
    schema: { openAPIV3Schema: boatSchema },
    ...version,
  }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${given.names.plural}.${given.group}` },
    spec: { versions: [v1], ...given },
  }
}

export const boatName = (version = 'v1'): ResourceName => ({
  group: 'harbour.example.org',
  version,
  plural: 'boats',
  kind: 'Boat',
  scope: 'Namespaced',
})

export function boat(name: string, spec: object, version = 'v1'): ApiObject {
  return { apiVersion: `harbour.example.org/${version}`, kind: 'Boat', metadata: { namespace: 'default', name }, spec }
}
