// `sheaf lint` over manifests that other people wrote: made old, and brought back to the byte. KubeVirt's examples lie
// beside the repository where they have been fetched; they are not kept in it.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fixText } from '../../packages/cli/src/lint/fix-text.ts'
import { lintText } from '../../packages/cli/src/lint/lint-text.ts'
import { root } from '../kit/repository-root.ts'

const corpus = [join(root, '..'), join(root, '..', '..')].map((folder) => join(folder, 'shared', 'corpus', 'kubevirt-examples'))
const manifests = [join(root, 'examples'), ...corpus].filter(existsSync).flatMap((folder) =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => ({ file, text: readFileSync(join(folder, file), 'utf8') })),
)
/** What is deprecated in them today. */
const known: Readonly<Record<string, string[]>> = { 'deprecated-running.yaml': ['running'], 'vmi-preset-small.yaml': ['preset'] }

/** As they would have been written years ago. */
function aged(text: string): string {
  return text
    .replaceAll(/runStrategy: (Always|Halted)\b/g, (_, strategy) => `running: ${String(strategy === 'Always')}`)
    .replaceAll(/^apiVersion: kubevirt\.io\/v1$/gm, 'apiVersion: kubevirt.io/v1alpha3')
}

describe.each(manifests)('$file', ({ file, text }) => {
  it('is read whole, and found to be of today', () => {
    const { findings, troubles } = lintText(text)
    expect(troubles).toEqual([])
    expect(findings.map(({ deprecation }) => deprecation.rule.id)).toEqual(known[file] ?? [])
  })

  it.skipIf(file in known)('made old, it comes back to the byte', () => {
    expect(fixText(aged(text)).text).toBe(text)
    expect(fixText(text).text).toBe(text)
  })
})

it('there are machines among them that were made old', () => {
  expect(manifests.filter(({ text }) => /^\s+running: /m.test(aged(text))).length).toBeGreaterThan(1)
})
