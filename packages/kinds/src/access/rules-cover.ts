// Whether somebody who holds some rules holds others too: nobody gives away more than they have. Pure.

import { anything, type PolicyRule } from '@sheaf/api'
import { matchesPath } from './rule-allows.ts'

/** The parts of `wanted` that no rule of `held` contains: each one verb on one thing. */
export function missingRules(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(partsOf).filter((part) => !held.some((rule) => covers(rule, part)))
}

/** Every combination by itself: several rules together may hold what none of them holds alone. */
function partsOf({ verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: PolicyRule): PolicyRule[] {
  return verbs.flatMap((verb): PolicyRule[] => [
    ...apiGroups.flatMap((group) =>
      resources.flatMap((resource): PolicyRule[] => {
        const part = { verbs: [verb], apiGroups: [group], resources: [resource] }
        return resourceNames.length === 0 ? [part] : resourceNames.map((name) => ({ ...part, resourceNames: [name] }))
      }),
    ),
    ...nonResourceURLs.map((url) => ({ verbs: [verb], nonResourceURLs: [url] })),
  ])
}

function covers(rule: PolicyRule, part: PolicyRule): boolean {
  const holdsName = (rule.resourceNames ?? []).length === 0 || includesAll(rule.resourceNames, part.resourceNames)
  return (
    containsAll(rule.verbs, part.verbs) &&
    containsAll(rule.apiGroups, part.apiGroups) &&
    (part.resources ?? []).every((resource) => holdsResource(rule.resources ?? [], resource)) &&
    (part.nonResourceURLs ?? []).every((url) => (rule.nonResourceURLs ?? []).some((pattern) => matchesPath(pattern, url))) &&
    holdsName
  )
}

function containsAll(held: readonly string[] = [], wanted: readonly string[] = []): boolean {
  return held.includes(anything) || wanted.every((each) => held.includes(each))
}

/** A rule for some names holds no rule for all. */
function includesAll(held: readonly string[] = [], wanted: readonly string[] = []): boolean {
  return wanted.length > 0 && wanted.every((each) => held.includes(each))
}

function holdsResource(held: readonly string[], resource: string): boolean {
  if (held.includes(anything) || held.includes(resource)) return true
  const [, subresource] = /^[^/]*\/(.*)$/.exec(resource) ?? []
  return subresource !== undefined && held.includes(`*/${subresource}`)
}

/** As Kubernetes tells a rule in one line: `{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}`. */
export function ruleText({
  verbs,
  apiGroups = [],
  resources = [],
  resourceNames = [],
  nonResourceURLs = [],
}: PolicyRule): string {
  const parts: [string, readonly string[]][] = [
    ['APIGroups', apiGroups],
    ['Resources', resources],
    ['NonResourceURLs', nonResourceURLs],
    ['ResourceNames', resourceNames],
    ['Verbs', verbs],
  ]
  const told = parts.filter(([, values]) => values.length > 0).map(([name, values]) => `${name}:${listText(values)}`)
  return `{${told.join(', ')}}`
}

/** As Go prints a list of strings. */
export const listText = (values: readonly string[]): string => `[${values.map((each) => JSON.stringify(each)).join(' ')}]`

/** Parts that differ in nothing but their verb become one, so that people can read them. */
export function compactRules(parts: readonly PolicyRule[]): PolicyRule[] {
  const byRest = Map.groupBy(parts, ({ verbs: _ignored, ...rest }) => JSON.stringify(rest))
  return [...byRest.values()].flatMap((group) => {
    const [first] = group
    return first === undefined ? [] : [{ ...first, verbs: [...new Set(group.flatMap(({ verbs }) => verbs))] }]
  })
}
