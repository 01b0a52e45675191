import type { PolicyRule } from '@sheaf/api'
import { expect, test } from 'vitest'
import { compactRules, missingRules, ruleText } from './rules-cover.ts'

const rule = (verbs: string[], apiGroups: string[], resources: string[], resourceNames?: string[]): PolicyRule => ({
  verbs,
  apiGroups,
  resources,
  ...(resourceNames === undefined ? {} : { resourceNames }),
})
const paths = (verbs: string[], ...nonResourceURLs: string[]): PolicyRule => ({ verbs, nonResourceURLs })
const read = rule(['get', 'list'], [''], ['pods'])

test.each([
  [[read], [read], 0],
  [[read], [rule(['get'], [''], ['pods'])], 0],
  [[read], [rule(['get', 'watch'], [''], ['pods'])], 1],
  [[rule(['*'], ['*'], ['*'])], [read, rule(['escalate'], ['x.io'], ['cars/start'])], 0],
  [[read], [rule(['*'], [''], ['pods'])], 1],
  [[rule(['get'], [''], ['pods']), rule(['list'], [''], ['pods'])], [read], 0],
  [[rule(['get'], ['', 'x.io'], ['pods', 'cars'])], [rule(['get'], ['x.io'], ['pods'])], 0],
  [[rule(['get'], [''], ['pods']), rule(['get'], ['x.io'], ['cars'])], [rule(['get'], ['', 'x.io'], ['pods', 'cars'])], 2],
  [[rule(['get'], [''], ['pods'], ['a'])], [read], 2],
  [[rule(['get'], [''], ['pods'], ['a', 'b'])], [rule(['get'], [''], ['pods'], ['b'])], 0],
  [[read], [rule(['get'], [''], ['pods'], ['b'])], 0],
  [[rule(['get'], [''], ['*/log'])], [rule(['get'], [''], ['pods/log'])], 0],
  [[rule(['get'], [''], ['pods'])], [rule(['get'], [''], ['pods/log'])], 1],
  [[paths(['get'], '/apis/*')], [paths(['get'], '/apis/x.io', '/apis/x/*')], 0],
  [[paths(['get'], '/apis/*')], [paths(['get'], '*')], 1],
  [[rule(['*'], ['*'], ['*'])], [paths(['get'], '/metrics')], 1],
  [[paths(['*'], '*')], [read], 2],
  [[], [read], 2],
] as [PolicyRule[], PolicyRule[], number][])('AC4 %j holds %j but for %i parts', (held, wanted, missing) => {
  expect(missingRules(held, wanted)).toHaveLength(missing)
})

test('AC4 what is missing is told in one line a rule, as Kubernetes tells it', () => {
  const missing = missingRules([], [rule(['get', 'list'], [''], ['secrets'], ['a']), paths(['get'], '/metrics')])
  expect(compactRules(missing).map(ruleText)).toEqual([
    '{APIGroups:[""], Resources:["secrets"], ResourceNames:["a"], Verbs:["get" "list"]}',
    '{NonResourceURLs:["/metrics"], Verbs:["get"]}',
  ])
})
