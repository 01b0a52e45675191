// From what a virtual machine names to what that is: the revision that it keeps, or else the object itself.

import {
  type ControllerRevision,
  controllerRevisionDefinition,
  type MatcherField,
  matcherFields,
  type Outfit,
  type VirtualMachine,
} from '@sheaf/api'
import type { Client } from '@sheaf/api/client'
import { notFound } from '@sheaf/api/meta'
import { type MatchedKind, type MatchedObject, matchedKind } from './matched-kinds.ts'
import { objectIn, revisionNameFor } from './revision.ts'

export type Finding<F extends MatcherField = MatcherField> =
  | { kind: 'kept'; object: MatchedObject<F>; revisionName: string }
  /** Nothing is kept for it yet. */
  | { kind: 'named'; object: MatchedObject<F>; from: MatchedKind }
  | { kind: 'missing'; why: string }

export type Findings = { [F in MatcherField]?: Finding<F> }

/** Empty for a virtual machine that names nothing. */
export async function findMatched(vm: VirtualMachine, client: Client): Promise<Findings> {
  const [instancetype, preference] = await Promise.all([findOne('instancetype', vm, client), findOne('preference', vm, client)])
  return { ...(instancetype && { instancetype }), ...(preference && { preference }) }
}

/** What was found, without what was not. */
export function outfitOf({ instancetype, preference }: Findings): Outfit {
  return {
    ...(instancetype !== undefined && instancetype.kind !== 'missing' && { instancetype: instancetype.object.spec }),
    ...(preference !== undefined && preference.kind !== 'missing' && { preference: preference.object.spec }),
  }
}

export interface Lack {
  field: MatcherField
  why: string
}

/** The first that is missing. */
export function lackIn(findings: Findings): Lack | undefined {
  for (const field of matcherFields) {
    const finding = findings[field]
    if (finding?.kind === 'missing') return { field, why: finding.why }
  }
  return undefined
}

async function findOne<F extends MatcherField>(field: F, vm: VirtualMachine, client: Client): Promise<Finding<F> | undefined> {
  const matcher = vm.spec[field]
  if (!matcher) return undefined
  const namespace = vm.metadata.namespace ?? ''
  const revisionName = revisionNameFor(field, vm)
  if (revisionName !== undefined) {
    const key = { namespace, name: revisionName }
    const revision = await client.resource<ControllerRevision>(controllerRevisionDefinition).find(key)
    if (revision === undefined) return missing(notFound(controllerRevisionDefinition, revisionName).message)
    const object = objectIn(field, revision)
    return object === undefined
      ? missing(`unexpected type in ControllerRevision: ${revisionName} holds no ${field}`)
      : { kind: 'kept', object, revisionName }
  }
  const from = matchedKind(field, matcher)
  if (from === undefined) return missing(`got unexpected kind in ${matcherNames[field]}: ${matcher.kind}`)
  const name = matcher.name ?? ''
  const key = { namespace: from.scope === 'Namespaced' ? namespace : '', name }
  // Without a name this would be a list.
  const object = name === '' ? undefined : await client.resource<MatchedObject<F>>(from).find(key)
  return object === undefined ? missing(notFound(from, name).message) : { kind: 'named', object, from }
}

const matcherNames = { instancetype: 'InstancetypeMatcher', preference: 'PreferenceMatcher' }

const missing = (why: string) => ({ kind: 'missing', why }) as const
