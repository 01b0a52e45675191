// What the name of an object may look like. Pure.

import { dns1035LabelFinding, dnsLabelFinding, dnsSubdomainFinding, type ResourceDefinition } from '@sheaf/api/meta'

/** What is wrong with a name, or nothing. */
export function nameFinding(rule: ResourceDefinition['nameRule'], name: string): string | undefined {
  switch (rule) {
    case 'subdomain':
      return dnsSubdomainFinding(name)
    case 'label':
      return dnsLabelFinding(name)
    case 'dns-1035-label':
      return dns1035LabelFinding(name)
    case 'path-segment':
      return pathSegmentFinding(name)
  }
}

/** What no name may be, because it must stand in a path. */
export function pathSegmentFinding(name: string): string | undefined {
  if (name === '.' || name === '..') return `may not be '${name}'`
  if (!name.isWellFormed()) return 'must be well-formed Unicode'
  const character = ['/', '%'].find((each) => name.includes(each))
  return character === undefined ? undefined : `may not contain '${character}'`
}
