// The Kinds that both servers know: on the judge they are custom resources, made of the very definitions that are ours.

import { setTimeout as sleep } from 'node:timers/promises'
import { schemas, virtualMachineDefinition } from '@sheaf/api'
import type { Json } from '@sheaf/api/meta'
import { customResourceDefinition } from './custom-resource-definition.ts'
import type { ReferenceServer } from './reference-server.ts'
import { widgetNames, widgetScale, widgetSchema } from './widget-resource.ts'

export async function defineCustomResources(server: ReferenceServer): Promise<void> {
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
