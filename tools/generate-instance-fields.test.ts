import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { instanceFieldsPage, pageFile } from './generate-instance-fields.ts'

it('the page of fields says what the tables say; if not: node tools/generate-instance-fields.ts', () => {
  expect(readFileSync(pageFile, 'utf8')).toBe(instanceFieldsPage())
})
