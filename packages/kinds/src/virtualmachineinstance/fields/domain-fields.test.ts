import { schemas } from '@sheaf/api'
import { describe, expect, it } from 'vitest'
import { domainFields } from './domain-fields.ts'

interface Schema {
  $ref?: string
  allOf?: readonly Schema[]
  items?: Schema
  properties?: Readonly<Record<string, Schema>>
}

/** Every path that has nothing below it, as `devices.disks[].cache`. */
function leaves(schema: Schema, path: string): string[] {
  const referred = schema.$ref ?? (schema.allOf?.length === 1 ? schema.allOf[0]?.$ref : undefined)
  if (referred !== undefined) {
    const name = referred.split('/').at(-1) ?? ''
    return leaves((schemas as Readonly<Record<string, Schema>>)[name] ?? {}, path)
  }
  if (schema.items !== undefined) return leaves(schema.items, `${path}[]`)
  const entries = Object.entries(schema.properties ?? {})
  if (entries.length === 0) return [path]
  return entries.flatMap(([name, below]) => leaves(below, path === '' ? name : `${path}.${name}`))
}

const isBelow = (leaf: string, path: string): boolean =>
  leaf === path || leaf.startsWith(`${path}.`) || leaf.startsWith(`${path}[]`)

describe('the table of what becomes of each field of a domain', () => {
  const all = leaves({ $ref: '#/io.kubevirt.v1.DomainSpec' }, '')
  const paths = Object.keys(domainFields)

  it('has the whole schema to hold against', () => {
    expect(all.length).toBeGreaterThan(150)
  })

  it('VI40 tells the fate of every field, once', () => {
    const fates = all.map((leaf) => [leaf, paths.filter((path) => isBelow(leaf, path)).length] as const)
    expect(fates.filter(([, count]) => count !== 1)).toEqual([])
  })

  it('tells of no field that is not there', () => {
    expect(paths.filter((path) => !all.some((leaf) => isBelow(leaf, path)))).toEqual([])
  })
})
