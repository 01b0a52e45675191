import type { DeprecationRule } from './deprecation-rule.ts'
import { findDeprecations } from './find-deprecations.ts'

/** The rule by which a whole API goes, its version or its Kind, whatever its objects say; undefined for any other. */
export function deprecatedApi(api: { apiVersion: string; kind: string }): DeprecationRule | undefined {
  const found = findDeprecations({ ...api, metadata: {} })
  return found.find(({ path: [root] }) => root === 'apiVersion' || root === 'kind')?.rule
}
