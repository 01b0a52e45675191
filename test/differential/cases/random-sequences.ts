// Sequences of requests that nobody thought of: a few managers write, patch, apply and delete the same few objects, with
// values from a small stock, so that they meet. The same seed gives the same sequences. Scales are not among them: there,
// kube-apiserver loses who owns a number that lies deeper than `.spec.replicas`.

import type { Json, JsonObject } from '@sheaf/api/meta'
import fc from 'fast-check'
import type { ExchangeCase, Step } from '../exchange-case.ts'
import { apply, configMap, configMaps, get, patch, post, put, remove, widget, widgets } from './steps.ts'

const longest = 14

const names = fc.constantFrom('a', 'b')
const managers = fc.constantFrom('anna', 'bert', 'kubectl')
const words = fc.constantFrom('x', 'y', 'z')
const smallNumbers = fc.integer({ min: -1, max: 3 })
const few = <T>(values: fc.Arbitrary<T>) => fc.array(values, { maxLength: 3 })
const query = fc.constantFrom<Record<string, string>>(
  {},
  {},
  {},
  { dryRun: 'All' },
  { fieldValidation: 'Strict' },
  { fieldValidation: 'Ignore' },
)

// Empty ones that an apply brings stay until the next write, which is a change there and none here.
const labels = fc.option(fc.dictionary(words, words, { minKeys: 1, maxKeys: 2 }), { nil: undefined })
const metadata: fc.Arbitrary<JsonObject> = fc.record({ labels, annotations: labels }).map(withoutNothing)

const data = fc.dictionary(words, words, { maxKeys: 3 })
const configMapBody = fc.tuple(names, fc.option(data, { nil: undefined }), metadata)

const byName = fc.uniqueArray(fc.record({ name: words, value: words }, { requiredKeys: ['name'] }), {
  maxLength: 3,
  selector: ({ name }) => name,
})
const ports = fc.uniqueArray(fc.record({ port: smallNumbers, note: words }, { requiredKeys: ['port'] }), {
  maxLength: 2,
  selector: ({ port }) => port,
})
const struct = fc.record(
  { a: words, b: words, deep: fc.record({ c: words, d: words }, { requiredKeys: [] }) },
  { requiredKeys: [] },
)
const spec = fc.record(
  {
    text: words,
    number: smallNumbers,
    flag: fc.boolean(),
    color: words,
    bounded: smallNumbers,
    choice: fc.constantFrom('one', 'two', 'three'),
    struct,
    atomicStruct: struct,
    map: data,
    atomicMap: data,
    list: few(words),
    set: fc.uniqueArray(words, { maxLength: 3 }),
    byName,
    ports,
    free: fc.dictionary(words, fc.oneof(words, smallNumbers, data), { maxKeys: 2 }),
    embedded: fc.record({ replicas: smallNumbers }),
    unknown: words,
  },
  { requiredKeys: [] },
)
const widgetBody = fc.tuple(names, spec as fc.Arbitrary<JsonObject>, metadata)
const status = fc.record({ phase: words, replicas: smallNumbers }, { requiredKeys: [] })

/** What a merge patch may say of a spec: the same fields, and that some of them go. */
const specPatch = fc
  .tuple(spec, fc.constantFrom('text', 'struct', 'map', 'list', 'byName', 'free'))
  .map(([fields, gone]): JsonObject => ({ ...(fields as JsonObject), [gone]: null }))
const jsonPatch = fc.array(
  fc.oneof(
    fc.record({ op: fc.constant('add'), path: fc.constantFrom('/data/x', '/metadata/labels/x', '/spec/text'), value: words }),
    fc.record({ op: fc.constantFrom('replace', 'test'), path: fc.constantFrom('/data/x', '/spec/text'), value: words }),
    fc.record({ op: fc.constant('remove'), path: fc.constantFrom('/data/x', '/spec/text', '/spec/byName/0') }),
  ),
  { minLength: 1, maxLength: 2 },
)

const at = (path: string, name: string): string => `${path}/${name}`
const withForce = (isForced: boolean, more: Record<string, string>): Record<string, string> =>
  isForced ? { ...more, force: 'true' } : more

const configMapStep: fc.Arbitrary<Step> = fc.oneof(
  fc
    .tuple(configMapBody, managers, query)
    .map(([[name, ...rest], who, how]) => post(configMaps, who, configMap(name, ...rest), how)),
  fc
    .tuple(configMapBody, managers, query)
    .map(([[name, ...rest], who, how]) => put(at(configMaps, name), who, configMap(name, ...rest), how)),
  fc
    .tuple(configMapBody, managers, query, fc.boolean())
    .map(([[name, ...rest], who, how, isForced]) =>
      apply(at(configMaps, name), who, configMap(name, ...rest), withForce(isForced, how)),
    ),
  fc
    .tuple(fc.constantFrom('merge' as const, 'strategic' as const), configMapBody, managers, query)
    .map(([type, [name, fields = {}, meta], who, how]) =>
      patch(type, at(configMaps, name), who, { data: fields, metadata: meta }, how),
    ),
  fc
    .tuple(names, jsonPatch, managers)
    .map(([name, operations, who]) => patch('json', at(configMaps, name), who, operations as Json)),
  names.map((name) => remove(at(configMaps, name))),
  names.map((name) => get(at(configMaps, name))),
)

const widgetStep: fc.Arbitrary<Step> = fc.oneof(
  fc
    .tuple(widgetBody, managers, query)
    .map(([[name, fields, meta], who, how]) => post(widgets, who, widget(name, fields, { metadata: meta }), how)),
  fc
    .tuple(widgetBody, managers, query, fc.boolean())
    .map(([[name, fields, meta], who, how, isForced]) =>
      apply(at(widgets, name), who, widget(name, fields, { metadata: meta }), withForce(isForced, how)),
    ),
  fc
    .tuple(names, specPatch, metadata, managers, query)
    .map(([name, fields, meta, who, how]) => patch('merge', at(widgets, name), who, { spec: fields, metadata: meta }, how)),
  fc
    .tuple(names, jsonPatch, managers)
    .map(([name, operations, who]) => patch('json', at(widgets, name), who, operations as Json)),
  fc
    .tuple(names, status as fc.Arbitrary<JsonObject>, managers)
    .map(([name, said, who]) => patch('merge', `${at(widgets, name)}/status`, who, { status: said })),
  names.map((name) => remove(at(widgets, name))),
  names.map((name) => get(at(widgets, name))),
)

const sequence = fc.oneof(
  fc.array(configMapStep, { minLength: longest, maxLength: longest }),
  fc.array(widgetStep, { minLength: longest, maxLength: longest }),
)

function withoutNothing(fields: object): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as JsonObject
}

export function randomSequences(seed: number, count: number): ExchangeCase[] {
  return fc
    .sample(sequence, { seed, numRuns: count })
    .map((steps, index) => ({ name: `SA84 requests drawn with seed ${seed}: sequence ${index}`, steps }))
}
