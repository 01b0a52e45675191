// Gives a definition its names, upon which the server serves it; and takes away all objects of one that is deleted, before
// it goes itself.

import { isDeepStrictEqual } from 'node:util'
import {
  type CustomResourceDefinition,
  type CustomResourceDefinitionStatus,
  customResourceCleanupFinalizer,
  customResourceDefinitionDefinition,
} from '@sheaf/api'
import { isBeingDeleted, isNotFound, keyOf, type ObjectKey, type ResourceDefinition, timestamp } from '@sheaf/api/meta'
import { after, done, type Result } from '@sheaf/machinery/controller'
import { acceptNames, takenNames } from './accept-names.ts'
import { deleteInstances } from './delete-instances.ts'
import type { CustomResourceDefinitionPorts } from './index.ts'
import type { NameBook } from './name-book.ts'
import { acceptedStatus, terminatingStatus } from './status.ts'

/** How soon to look whether the finalizers of the last objects are gone. Deleting a definition is rare, and people watch it. */
const pollMs = 1_000

export async function reconcileCustomResourceDefinition(
  key: ObjectKey,
  names: NameBook,
  ports: CustomResourceDefinitionPorts,
): Promise<Result> {
  const definition = await collection(ports).find(key)
  if (definition === undefined) return done
  return isBeingDeleted(definition) ? finish(definition, ports) : accept(definition, names, ports)
}

const collection = ({ client }: CustomResourceDefinitionPorts) =>
  client.resource<CustomResourceDefinition>(customResourceDefinitionDefinition)

async function accept(
  definition: CustomResourceDefinition,
  names: NameBook,
  ports: CustomResourceDefinitionPorts,
): Promise<Result> {
  const { group } = definition.spec
  const builtIn = builtInOf(definition, ports)
  const others = names.othersIn(group, definition.metadata.name ?? '')
  const strangers = ports.builtIn().filter((each) => each.group === group && each !== builtIn)
  const acceptance = acceptNames(definition, takenNames(others, strangers))
  const status = acceptedStatus(definition, acceptance, builtIn, timestamp(ports.clock))
  const written = await report(definition, status, ports)
  if (written !== undefined) names.note(written)
  return done
}

/** Answers what was written, if there was news. */
async function report(
  definition: CustomResourceDefinition,
  status: CustomResourceDefinitionStatus,
  ports: CustomResourceDefinitionPorts,
): Promise<CustomResourceDefinition | undefined> {
  if (isDeepStrictEqual(status, definition.status)) return undefined
  return collection(ports).updateStatus({ ...definition, status })
}

function builtInOf(
  { spec }: CustomResourceDefinition,
  { builtIn }: CustomResourceDefinitionPorts,
): ResourceDefinition | undefined {
  return builtIn().find(({ group, plural }) => group === spec.group && plural === spec.names.plural)
}

async function finish(definition: CustomResourceDefinition, ports: CustomResourceDefinitionPorts): Promise<Result> {
  const finalizers = definition.metadata.finalizers ?? []
  if (!finalizers.includes(customResourceCleanupFinalizer)) return done
  // What the server was built with outlives whatever is said about it.
  const isBuiltIn = builtInOf(definition, ports) !== undefined
  // Told before anything is taken away: nobody creates more from here on.
  const told = isBuiltIn
    ? definition
    : ((await report(definition, terminatingStatus(definition, 1, timestamp(ports.clock)), ports)) ?? definition)
  if (!isBuiltIn && (await deleteInstances(told, ports)) > 0) return after(pollMs)
  const last = (await report(told, terminatingStatus(told, 0, timestamp(ports.clock)), ports)) ?? told
  await release(last, ports)
  return done
}

async function release(definition: CustomResourceDefinition, ports: CustomResourceDefinitionPorts): Promise<void> {
  const { uid = null, resourceVersion = null, finalizers = [] } = definition.metadata
  const kept = finalizers.filter((finalizer) => finalizer !== customResourceCleanupFinalizer)
  try {
    await collection(ports).patch(keyOf(definition), { metadata: { uid, resourceVersion, finalizers: kept } }, { type: 'merge' })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
