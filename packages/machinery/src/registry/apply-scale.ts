// Server-side apply of a scale. Its one field is a field of the object that is scaled: who owns the one owns the other.

import { type ApiObject, apiVersionOf, type Json, type ManagedFieldsEntry, type SchemaDefinitions } from '@sheaf/api/meta'
import { fieldStep, type FieldPath } from '../ownership/field-path.ts'
import { difference, hasPath, setOfPath } from '../ownership/field-set.ts'
import { decodeManagers, encodeManagers, identityOf, type Manager, type Managers, withManager } from '../ownership/managers.ts'
import { objectTypeOf } from '../ownership/ownership.ts'
import { stepsOf } from '../schema/scale-rules.ts'
import { scaleSchema } from '../schema/scale-schema.ts'
import { type ApplyRequest, applyTo, checkVersion } from './apply.ts'
import { managerName } from './field-owners.ts'
import type { Encoded, Registry, WriteCall } from './registry.ts'
import { pathsOf, scaleDefinition, writeScale } from './scale.ts'

const noDefinitions: SchemaDefinitions = {}
const numberOfScale: FieldPath = ['spec', 'replicas'].map(fieldStep)

export function applyScale(registry: Registry, call: WriteCall, request: ApplyRequest): Promise<Encoded> {
  const configuration = request.body.value
  checkVersion(scaleDefinition, configuration)
  const number = stepsOf(pathsOf(call).specReplicasPath).map(fieldStep)
  let owners: ManagedFieldsEntry[] | undefined
  return writeScale(registry, call, {
    strictIssues: [],
    wanted(scale, object) {
      const parents = decodeManagers(object.metadata.managedFields)
      const applied = applyTo(registry, call, {
        ...request,
        definition: scaleDefinition,
        type: objectTypeOf(scaleSchema, noDefinitions),
        live: scale as ApiObject,
        managers: ownersOfScale(parents, number),
        name: { ...managerName(call, 'Apply', 'scale'), apiVersion: apiVersionOf(scaleDefinition) },
      })
      owners = encodeManagers(ownersOfParent(parents, applied.managers, number, managerName(call, 'Apply', 'scale').apiVersion))
      return applied.object as Json
    },
    ownersAfter: () => owners,
  })
}

/** Who owns the number in the object owns it in the scale. */
function ownersOfScale(parents: Managers, number: FieldPath): Managers {
  const owning = [...parents.values()].filter(({ fields }) => hasPath(fields, number))
  const owners = owning.map(
    (owner): Manager => ({ ...owner, apiVersion: apiVersionOf(scaleDefinition), fields: setOfPath(numberOfScale) }),
  )
  return new Map(owners.map((owner) => [identityOf(owner), owner]))
}

function ownersOfParent(parents: Managers, scale: Managers, number: FieldPath, apiVersion: string): Managers {
  const owning = [...scale.values()].map((owner) => ({ ...owner, apiVersion, fields: setOfPath(number) }))
  const identities = new Set(owning.map(identityOf))
  let next: Managers = new Map()
  for (const parent of parents.values()) {
    const isOwner = identities.has(identityOf(parent))
    next = withManager(next, isOwner ? parent : { ...parent, fields: difference(parent.fields, setOfPath(number)) })
  }
  // As for every write of a scale, Kubernetes keeps no time.
  for (const owner of owning) if (!next.has(identityOf(owner))) next = withManager(next, { ...owner, time: undefined })
  return next
}
