// The Kind CustomResourceDefinition, what its objects make the server serve, and the controller that accepts their names and
// empties them before they go.

import { type CustomResourceDefinition, type CustomResourceVersion, customResourceDefinitionDefinition } from '@sheaf/api'
import type { ResourceDefinition } from '@sheaf/api/meta'
import { type Controller, mappedObjects, startController, startInformer } from '@sheaf/machinery/controller'
import type { DefinitionRole, Kind } from '@sheaf/machinery/kind'
import type { Ports } from '../ports.ts'
import { admitCustomResourceDefinition } from './admission.ts'
import { kindsOf } from './kinds-of.ts'
import { createNameBook } from './name-book.ts'
import { reconcileCustomResourceDefinition } from './reconciler.ts'

/** What the server was built with, which nobody can define otherwise. */
export type BuiltInResources = () => readonly ResourceDefinition[]

export interface CustomResourceDefinitionPorts extends Ports {
  builtIn: BuiltInResources
}

export function customResourceDefinitionKind(builtIn: BuiltInResources): Kind {
  const kind: Kind<CustomResourceDefinition> = {
    definition: customResourceDefinitionDefinition,
    admission: admitCustomResourceDefinition(builtIn),
  }
  return kind as unknown as Kind
}

/** This Kind is the one whose objects define others. */
export const definitionRole: DefinitionRole = {
  group: customResourceDefinitionDefinition.group,
  version: customResourceDefinitionDefinition.version,
  plural: customResourceDefinitionDefinition.plural,
  // Only objects of this Kind are asked.
  kindsOf: (object, read) => kindsOf(object as CustomResourceDefinition, read as () => CustomResourceDefinition),
}

/** Names are given out by one worker: two at a time would give the same one twice. */
const workers = 1

export function startCustomResourceDefinitionController(ports: CustomResourceDefinitionPorts): Controller {
  const { client, clock, random, log } = ports
  const definitions = startInformer<CustomResourceDefinition>({
    client,
    resource: customResourceDefinitionDefinition,
    clock,
    random,
    log,
    keep: withoutSchemas,
  })
  const names = createNameBook(definitions)
  return startController({
    name: 'customresourcedefinition',
    reconcile: (key) => reconcileCustomResourceDefinition(key, names, ports),
    sources: [
      // Whoever gives up a name, or asks for one, concerns all who might want it.
      mappedObjects(definitions, ({ key, before, after }) => {
        const group = (after ?? before)?.spec.group
        const others = definitions.list().filter(({ spec }) => spec.group === group)
        return [key, ...others.map(({ metadata: { name = '' } }) => ({ namespace: '', name }))]
      }),
    ],
    workers,
    owns: [definitions],
    clock,
    random,
    log,
  })
}

/** Schemas are nearly all of a definition, and names have nothing to do with them. */
function withoutSchemas(definition: CustomResourceDefinition): CustomResourceDefinition {
  const versions = definition.spec.versions.map(({ name, served, storage }): CustomResourceVersion => ({ name, served, storage }))
  const { managedFields: _fields, annotations: _annotations, ...metadata } = definition.metadata
  return { ...definition, metadata, spec: { ...definition.spec, versions } }
}
