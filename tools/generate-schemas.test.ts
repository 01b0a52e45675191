import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { fileText, generateSchemas, makeSchemas } from './generate-schemas.ts'

const generatedFile = new URL('../packages/api/.generated/schemas.json', import.meta.url)

it('the same types and overlay make the same file, to the byte', async () => {
  await generateSchemas()
  expect(fileText(await makeSchemas())).toBe(readFileSync(generatedFile, 'utf8'))
})

it('a second run finds that nothing changed', async () => {
  await generateSchemas()
  expect(await generateSchemas()).toBe('unchanged')
})
