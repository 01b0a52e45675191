import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { pageFile, preflightPage } from './generate-preflight.ts'

it('the reference page says what the checks say; if not: node tools/generate-preflight.ts', () => {
  expect(readFileSync(pageFile, 'utf8')).toBe(preflightPage())
})
