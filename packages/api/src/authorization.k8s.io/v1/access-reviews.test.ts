import { expect, test } from 'vitest'
import { fieldErrorText, type FieldError } from '../../meta/field-error.ts'
import {
  localSubjectAccessReviewDefinition,
  selfSubjectAccessReviewDefinition,
  selfSubjectRulesReviewDefinition,
  subjectAccessReviewDefinition,
} from './access-reviews.ts'

const texts = (errors: FieldError[] | undefined): string[] => (errors ?? []).map(fieldErrorText)
const head = { apiVersion: 'authorization.k8s.io/v1', kind: 'Review', metadata: {} }
const resourceAttributes = { verb: 'get', resource: 'pods' }
const nonResourceAttributes = { verb: 'get', path: '/' }

test('AC20 a question is about a resource or a path, and not about both', () => {
  const ask = (spec: object): string[] => texts(selfSubjectAccessReviewDefinition.validate?.({ ...head, spec }, undefined))
  expect(ask({ resourceAttributes })).toEqual([])
  expect(ask({ nonResourceAttributes })).toEqual([])
  expect(ask({})).toEqual([
    'spec.resourceAttributes: Invalid value: "null": exactly one of nonResourceAttributes or resourceAttributes must be specified',
  ])
  expect(ask({ resourceAttributes, nonResourceAttributes })).toEqual([
    'spec.nonResourceAttributes: Invalid value: map[string]interface {}{"path":"/", "verb":"get"}: cannot be specified in combination with resourceAttributes',
  ])
})

test('AC20 a question about somebody names somebody', () => {
  const ask = (spec: object): string[] => texts(subjectAccessReviewDefinition.validate?.({ ...head, spec }, undefined))
  expect(ask({ resourceAttributes, user: 'anna' })).toEqual([])
  expect(ask({ resourceAttributes, groups: ['ops'] })).toEqual([])
  expect(ask({ resourceAttributes })).toEqual(['spec.user: Invalid value: "": at least one of user or group must be specified'])
})

test('AC20 a question within a namespace stays there', () => {
  const ask = (spec: object): string[] =>
    texts(localSubjectAccessReviewDefinition.validate?.({ ...head, metadata: { namespace: 'shop' }, spec }, undefined))
  expect(ask({ user: 'anna', resourceAttributes: { ...resourceAttributes, namespace: 'shop' } })).toEqual([])
  expect(ask({ user: 'anna', resourceAttributes })).toEqual([
    'spec.resourceAttributes.namespace: Invalid value: "": must match metadata.namespace',
  ])
  expect(ask({ user: 'anna', nonResourceAttributes })).toEqual([
    'spec.nonResourceAttributes: Invalid value: map[string]interface {}{"path":"/", "verb":"get"}: disallowed on this kind of request',
  ])
})

test('AC21 rules are those of one namespace', () => {
  const ask = (spec: object): string[] => texts(selfSubjectRulesReviewDefinition.validate?.({ ...head, spec }, undefined))
  expect(ask({ namespace: 'shop' })).toEqual([])
  expect(ask({})).toEqual(['spec.namespace: Required value: no namespace on request'])
})
