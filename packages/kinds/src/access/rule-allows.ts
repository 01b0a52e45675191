// Whether one rule of a role allows one thing. Pure.

import { anything, type PolicyRule } from '@sheaf/api'
import type { AccessAttributes } from '@sheaf/machinery/kind'

export function ruleAllows(rule: PolicyRule, attributes: AccessAttributes): boolean {
  if (!has(rule.verbs, attributes.verb)) return false
  if (attributes.kind === 'path') return (rule.nonResourceURLs ?? []).some((pattern) => matchesPath(pattern, attributes.path))
  const { group, resource, subresource, name } = attributes
  return (
    has(rule.apiGroups, group) &&
    (rule.resources ?? []).some((each) => matchesResource(each, resource, subresource)) &&
    // Whoever makes or lists objects has no name to be allowed by.
    (rule.resourceNames === undefined || rule.resourceNames.length === 0 || rule.resourceNames.includes(name))
  )
}

function has(allowed: readonly string[] | undefined, asked: string): boolean {
  return allowed !== undefined && (allowed.includes(anything) || allowed.includes(asked))
}

function matchesResource(allowed: string, resource: string, subresource: string): boolean {
  if (allowed === anything) return true
  if (subresource === '') return allowed === resource
  return allowed === `${resource}/${subresource}` || allowed === `*/${subresource}`
}

/** A path, or what it begins with and a star. */
export function matchesPath(pattern: string, path: string): boolean {
  if (pattern === anything || pattern === path) return true
  return pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1))
}
