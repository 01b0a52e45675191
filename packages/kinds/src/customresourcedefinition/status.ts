// What a definition says about how it stands, in Kubernetes' words: people and programs wait for them. Pure.

import { type Condition, type CustomResourceDefinition, type CustomResourceDefinitionStatus, findCondition } from '@sheaf/api'
import { qualifiedResource, type ResourceDefinition, withCondition } from '@sheaf/api/meta'
import type { Acceptance } from './accept-names.ts'

type Told = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>

export function acceptedStatus(
  definition: CustomResourceDefinition,
  { names, condition }: Acceptance,
  builtIn: ResourceDefinition | undefined,
  now: string,
): CustomResourceDefinitionStatus {
  const told: Told[] = [condition, established(definition, condition, builtIn), ...approval(definition)]
  return withTold({ ...definition.status, acceptedNames: names }, told, now)
}

/** What is established stays so: its objects are there under the names that it has. */
function established({ status }: CustomResourceDefinition, accepted: Told, builtIn: ResourceDefinition | undefined): Told {
  const type = 'Established'
  if (builtIn !== undefined) {
    const message = `${qualifiedResource(builtIn)} is built into this server, which goes by its own definition of it`
    return { type, status: 'True', reason: 'BuiltIn', message }
  }
  const before = findCondition(status?.conditions, type)
  if (before?.status === 'True') return before
  return accepted.status === 'True'
    ? { type, status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' }
    : { type, status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' }
}

/** Of a group that is Kubernetes' own. The annotation is there, or the definition would have been refused. */
function approval({ metadata }: CustomResourceDefinition): Told[] {
  const said = metadata.annotations?.['api-approved.kubernetes.io']
  if (said === undefined) return []
  const type = 'KubernetesAPIApprovalPolicyConformant'
  return said.startsWith('unapproved')
    ? [{ type, status: 'False', reason: 'UnapprovedAnnotation', message: `not approved: "${said}"` }]
    : [{ type, status: 'True', reason: 'ApprovedAnnotation', message: `approved in ${said}` }]
}

export function terminatingStatus(
  definition: CustomResourceDefinition,
  left: number,
  now: string,
): CustomResourceDefinitionStatus {
  const type = 'Terminating'
  const told: Told =
    left > 0
      ? { type, status: 'True', reason: 'InstanceDeletionInProgress', message: 'CustomResource deletion is in progress' }
      : { type, status: 'False', reason: 'InstanceDeletionCompleted', message: 'removed all instances' }
  return withTold({ ...definition.status }, [told], now)
}

function withTold(status: CustomResourceDefinitionStatus, told: readonly Told[], now: string): CustomResourceDefinitionStatus {
  const { conditions = [] } = status
  return {
    ...status,
    conditions: told.reduce((all, each) => withCondition(all, { ...each, lastTransitionTime: now }), conditions),
  }
}
