import { describe, expect, it } from 'vitest'
import type { JsonSchema } from '../meta/schema.ts'
import { schemas } from '../schemas.ts'
import { schemaOverlay } from './schema-overlay.ts'

const overlaid = Object.entries(schemaOverlay)

function* everySchema(schema: JsonSchema, path: string): Generator<[string, JsonSchema]> {
  yield [path, schema]
  for (const [name, property] of Object.entries(schema.properties ?? {})) yield* everySchema(property, `${path}.${name}`)
  if (schema.items !== undefined) yield* everySchema(schema.items, `${path}[]`)
  if (typeof schema.additionalProperties === 'object') yield* everySchema(schema.additionalProperties, `${path}{}`)
}
const all = Object.entries(schemas).flatMap(([name, schema]) => [...everySchema(schema, name)])

describe('the generated schemas', () => {
  it.each(overlaid)('hold what the overlay says of %s', (name, overlay) => {
    const definition = schemas[name]
    expect(definition?.properties).toMatchObject({ ...overlay.missing, ...overlay.properties })
    if (overlay.required !== undefined) expect(definition?.required).toEqual([...overlay.required].toSorted())
    for (const misspelt of Object.keys(overlay.respelled ?? {})) expect(definition?.properties).not.toHaveProperty(misspelt)
  })

  it('refer only to what they hold', () => {
    const references = all.flatMap(([path, { $ref }]) => ($ref === undefined ? [] : [[path, $ref] as const]))
    expect(references.length).toBeGreaterThan(100)
    expect(references.filter(([, reference]) => schemas[reference.slice('#/definitions/'.length)] === undefined)).toEqual([])
  })

  it('require only properties that there are', () => {
    const strays = all.flatMap(([path, { properties, required = [] }]) =>
      required.filter((name) => properties?.[name] === undefined).map((name) => `${path}.${name}`),
    )
    expect(strays).toEqual([])
  })

  it('of lists of named things, require the names or give them a default', () => {
    const nameless = all.flatMap(([path, schema]) => {
      const keys = schema['x-kubernetes-list-map-keys'] ?? []
      const item = schemas[schema.items?.$ref?.slice('#/definitions/'.length) ?? ''] ?? schema.items
      return keys.filter((key) => item?.properties?.[key] === undefined).map((key) => `${path}: ${key}`)
    })
    expect(nameless).toEqual([])
  })

  it('know no number but whole ones, and no word that belongs to a programming language', () => {
    const numbers = all.filter(([, { type }]) => type === 'number').map(([path]) => path)
    // A schema may limit fractions.
    expect(numbers.filter((path) => !path.includes('.JSONSchemaProps.'))).toEqual([])
    expect(all.filter(([path]) => /\._|\.vSOCK/.test(path))).toEqual([])
    expect(schemas['io.kubevirt.v1.MultusNetwork']?.properties).toHaveProperty('default')
  })

  it('do not state run strategies: KubeVirt’s webhook refuses the wrong ones, with its own words', () => {
    expect(schemas['io.kubevirt.v1.VirtualMachineSpec']?.properties?.['runStrategy']?.enum).toBeUndefined()
  })
})
