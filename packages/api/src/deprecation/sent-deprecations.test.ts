import { expect, test } from 'vitest'
import { fieldText, type SentBody, sentDeprecations } from './sent-deprecations.ts'

const target = { apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachine' }

test.each<[string, SentBody, string[]]>([
  ['a whole object', { form: 'object', value: { spec: { running: true } } }, ['spec.running']],
  ['a merge patch', { form: 'merge', value: { spec: { running: false } } }, ['spec.running']],
  ['a merge patch that takes it away', { form: 'merge', value: { spec: { running: null } } }, []],
  ['a merge patch of something else', { form: 'merge', value: { metadata: { labels: { a: 'b' } } } }, []],
  ['a JSON patch of the field', { form: 'json', value: [{ op: 'add', path: '/spec/running', value: true }] }, ['spec.running']],
  [
    'a JSON patch of all around it',
    { form: 'json', value: [{ op: 'replace', path: '/spec', value: { running: true } }] },
    ['spec.running'],
  ],
  [
    'a JSON patch that tests and removes it',
    {
      form: 'json',
      value: [
        { op: 'test', path: '/spec/running', value: true },
        { op: 'remove', path: '/spec/running' },
      ],
    },
    [],
  ],
  [
    'a JSON patch within a list',
    {
      form: 'json',
      value: [{ op: 'add', path: '/spec/dataVolumeTemplates/-', value: { kind: 'DataVolume' } }],
    },
    ['spec.dataVolumeTemplates.*.kind'],
  ],
  [
    'a JSON patch of a name with a slash',
    {
      form: 'json',
      value: [{ op: 'add', path: '/spec/template/metadata/annotations/kubevirt.io~1nonroot', value: '' }],
    },
    ['spec.template.metadata.annotations[kubevirt.io/nonroot]'],
  ],
  ['no JSON patch at all', { form: 'json', value: 'nonsense' }, []],
  ['operations that are none', { form: 'json', value: [null, 1, { op: 'add' }] }, []],
  ['no object at all', { form: 'object', value: [1] }, []],
])('DU2 %s sends %#', (_what, sent, fields) => {
  expect(sentDeprecations(sent, target).map(({ path }) => fieldText(path))).toEqual(fields)
})

test('DU2 the version that counts is the one that was asked for', () => {
  const old = { ...target, apiVersion: 'kubevirt.io/v1alpha3' }
  expect(sentDeprecations({ form: 'merge', value: {} }, old).map(({ rule }) => rule.id)).toEqual(['kubevirt-v1alpha3'])
})
