// One run: looks through what is stored, rewrites what is certain object by object, and tells what is left and why. It keeps
// no memory: what was rewritten is no longer found, so the next run goes on where this one ended.

import { type Deprecation, deprecatedFieldUseDefinition, pathText, rewriteStored } from '@sheaf/api'
import { type Client, patchStored, type ResourceName, type StoredScope, walkStored, whyNotPatched } from '@sheaf/api/client'
import type { ApiObject, Json } from '@sheaf/api/meta'
import { servedResources } from '../deprecations/served-resources.ts'
import { changeText, objectName } from './change-text.ts'

export interface MigrationOptions extends StoredScope {
  rules?: ReadonlySet<string> | undefined
  dryRun: boolean
}

export interface Teller {
  /** One line for the record. */
  line(text: string): void
  /** How far it is, before each object and once at the end. */
  progress(done: number, of: number): void
}

export interface MigrationResult {
  rewritten: number
  /** Objects that somebody has to look at. */
  left: number
}

interface Candidate {
  resource: ResourceName
  object: ApiObject
  /** The first of what is to be rewritten: it names the object. */
  name: string
}

export async function migrateStorage(client: Client, options: MigrationOptions, teller: Teller): Promise<MigrationResult> {
  const { resources } = await servedResources(client, deprecatedFieldUseDefinition.group)
  const notes: string[] = []
  const leftObjects = new Set<string>()
  const leave = (name: string, what: string, why: string, next: string): void => {
    leftObjects.add(name)
    notes.push(`not rewritten: ${name}: ${what === '' ? '' : `${what}: `}${sentence(why)} ${next}`)
  }
  const { kept, unreadable } = await walkStored<Candidate>(client, resources, options, (object, resource) => {
    const { patch, left, rewritten } = rewriteStored(object, options.rules)
    for (const { deprecation, why, next } of left) leave(objectName(deprecation.object), pathText(deprecation.path), why, next)
    const [first] = rewritten
    return patch === undefined || first === undefined ? [] : [{ resource, object, name: objectName(first.object) }]
  })
  for (const { resource, why } of unreadable) leave(resource.plural, '', why, 'Ask for the right to list them.')
  const planOf = (object: ApiObject): { patch: Json[]; changes: readonly Deprecation[] } | undefined => {
    const { patch, rewritten: changes } = rewriteStored(object, options.rules)
    return patch === undefined ? undefined : { patch, changes }
  }
  let rewritten = 0
  for (const [index, { resource, object, name }] of kept.entries()) {
    teller.progress(index, kept.length)
    const outcome = await patchStored(client.resource(resource), object, planOf, options)
    if (outcome.kind === 'refused' || outcome.kind === 'changes too fast') {
      const { why, next } = whyNotPatched(outcome)
      leave(name, '', why, next)
    } else if (outcome.kind === 'patched') {
      rewritten++
      teller.line(lineOf(name, outcome.plan.changes))
    }
  }
  teller.progress(kept.length, kept.length)
  for (const note of notes) teller.line(note)
  return { rewritten, left: leftObjects.size }
}

function lineOf(name: string, changes: readonly Deprecation[]): string {
  return `${name}: ${changes.map(changeText).join(', ')}`
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)
