// One run: looks through what is stored, rewrites what is certain object by object, and tells what is left and why. It keeps
// no memory: what was rewritten is no longer found, so the next run goes on where this one ended.

import { type Deprecation, deprecatedFieldUseDefinition, pathText, rewriteStored } from '@sheaf/api'
import type { Client, ResourceName } from '@sheaf/api/client'
import type { ApiObject } from '@sheaf/api/meta'
import { servedResources } from '../deprecations/served-resources.ts'
import { type StoredScope, walkStored } from '../deprecations/stored-objects.ts'
import { changeText, objectName } from './change-text.ts'
import { type RewriteOptions, rewriteObject } from './rewrite-object.ts'

export interface MigrationOptions extends StoredScope, RewriteOptions {}

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
  let rewritten = 0
  for (const [index, { resource, object, name }] of kept.entries()) {
    teller.progress(index, kept.length)
    const outcome = await rewriteObject(client.resource(resource), object, options)
    if (outcome.kind === 'failed') leave(name, '', outcome.why, outcome.next)
    else if (outcome.kind === 'rewritten') {
      rewritten++
      teller.line(lineOf(name, outcome.changes))
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
