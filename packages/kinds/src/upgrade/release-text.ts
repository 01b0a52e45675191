// `status.repoInfo`: what a release says of itself, as YAML text under Harvester's keys. Pure.

import type { Release } from './platform.ts'

export function releaseText({ version, minUpgradableVersion = '', releaseDate }: Release): string {
  // Quoted as JSON quotes, which YAML reads.
  const lines = Object.entries({
    harvester: version,
    os: `Sheaf ${version}`,
    minUpgradableVersion,
    releaseDate,
  }).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`)
  return ['release:', ...lines, ''].join('\n')
}
