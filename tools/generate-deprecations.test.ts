import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { deprecationsPage, pageFile } from './generate-deprecations.ts'

it('the reference page says what the rules say; if not: node tools/generate-deprecations.ts', () => {
  expect(readFileSync(pageFile, 'utf8')).toBe(deprecationsPage())
})
