// Definitions and examples of real projects, from their Go modules, and what is wrong with them when something in them is another.

import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isJsonObject, type Json, type JsonObject } from '@sheaf/api/meta'
import { parseAllDocuments } from 'yaml'

export interface Project {
  name: string
  module: string
  /** Globs below the module. */
  definitions: string
  examples: readonly string[]
}

export const projects: readonly Project[] = [
  {
    name: 'cert-manager',
    module: 'github.com/cert-manager/cert-manager@v1.17.2',
    definitions: 'deploy/crds/*.yaml',
    examples: ['test/fixtures/*.yaml'],
  },
  {
    name: 'Prometheus operator',
    module: 'github.com/prometheus-operator/prometheus-operator@v0.82.0',
    definitions: 'example/prometheus-operator-crd/*.yaml',
    examples: ['example/user-guides/**/*.yaml', 'example/{shards,thanos,storage,additional-scrape-configs}/**/*.yaml'],
  },
]

/** Where Go keeps the module; it is fetched when it is not there. */
export function moduleFolder({ module }: Project): string {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-module-'))
  try {
    writeFileSync(join(folder, 'go.mod'), 'module reading\n')
    const told = execFileSync('go', ['mod', 'download', '-json', module], { cwd: folder, encoding: 'utf8' })
    return (JSON.parse(told) as { Dir: string }).Dir
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export function documentsIn(folder: string, globs: readonly string[]): JsonObject[] {
  return globs
    .flatMap((glob) => globSync(glob, { cwd: folder }))
    .toSorted()
    .flatMap((path) => parseAllDocuments(readFileSync(join(folder, path), 'utf8')))
    .flatMap((document) => {
      if ('errors' in document && document.errors.length > 0) return []
      const value = (document as { toJS(): unknown }).toJS()
      return isJsonObject(value) ? [value] : []
    })
}

/** The same object with one thing in it changed: a field that nobody knows, or a value of another type. */
export function spoiled(object: JsonObject, most: number): JsonObject[] {
  const places = placesIn(object.spec ?? null, ['spec'])
  const step = Math.max(1, Math.ceil(places.length / most))
  const chosen = places.filter((_place, index) => index % step === 0)
  return [
    withValue(object, ['spec', 'unheardOf'], 1),
    ...chosen.map(({ path, value }) => withValue(object, path, otherThan(value))),
  ]
}

interface Place {
  path: readonly (string | number)[]
  value: Json
}

function placesIn(value: Json, path: readonly (string | number)[]): Place[] {
  const own = { path, value }
  if (Array.isArray(value)) return [own, ...value.flatMap((item, index) => placesIn(item, [...path, index]))]
  if (!isJsonObject(value)) return [own]
  return [own, ...Object.entries(value).flatMap(([name, member]) => placesIn(member ?? null, [...path, name]))]
}

function otherThan(value: Json): Json {
  if (typeof value === 'string') return 7
  if (typeof value === 'number') return 'seven'
  if (typeof value === 'boolean') return 'perhaps'
  return Array.isArray(value) ? { a: 'map' } : ['a list']
}

function withValue(holder: Json, [step, ...rest]: readonly (string | number)[], value: Json): JsonObject {
  const next = (inner: Json | undefined): Json => (rest.length === 0 ? value : withValue(inner ?? {}, rest, value))
  if (Array.isArray(holder)) return holder.map((item, index) => (index === step ? next(item) : item)) as unknown as JsonObject
  const members = isJsonObject(holder) ? holder : {}
  return { ...members, [String(step)]: next(members[String(step)]) }
}
