// Writes docs/reference/preflight.md from the checks, so that the page cannot say anything else. Run it after changing one:
// node tools/generate-preflight.ts

import { writeFileSync } from 'node:fs'
import { type Check, checks, type FixId } from '@sheaf/upgrade'

export const pageFile = new URL('../docs/reference/preflight.md', import.meta.url)

const fixes: Readonly<Record<FixId, string>> = {
  'rewrite-deprecated-fields': 'rewrites them in the store',
  'renew-certificates': 'renews them',
  'remove-leftovers': 'removes them',
}

export function preflightPage(): string {
  return [
    '<!-- Made by tools/generate-preflight.ts from packages/upgrade/src/preflight. Do not edit. -->',
    '# Checks before an upgrade',
    'What `sheaf upgrade preflight` tells, and what every upgrade looks at again when it begins. A check that fails stands in the way; `--override ID` takes its risk where that can end well, and the Upgrade keeps who did so. `--fix` mends what is said below and looks again.',
    ['| check | looks at | `--override` | `--fix` |', '|---|---|---|---|', ...checks.map(row)].join('\n'),
  ]
    .join('\n\n')
    .concat('\n')
}

const row = ({ id, title, looksAt, mayBeOverridden, fix }: Check): string =>
  `| \`${id}\` | ${title}: ${looksAt} | ${mayBeOverridden ? 'yes' : '–'} | ${fix === undefined ? '–' : fixes[fix]} |`

if (import.meta.main) writeFileSync(pageFile, preflightPage())
