import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openTranscript } from './transcript.ts'

it('a transcript keeps the latest lines within its limit, in two files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sheaf-transcript-'))
  const path = join(folder, 'transcript.log')
  const limitBytes = 1_000
  const transcript = openTranscript(path, () => new Date(0), limitBytes)
  for (let index = 0; index < 200; index += 1) transcript.record(index % 2 === 0 ? 'to' : 'from', `line ${index}`)
  transcript.close()
  transcript.record('to', 'after the end')
  const [older, newer] = await Promise.all([readFile(`${path}.1`, 'utf8'), readFile(path, 'utf8')])
  const numbers = [...(older + newer).matchAll(/line (\d+)/g)].map((match) => Number(match[1]))
  expect(numbers.at(-1)).toBe(199)
  expect(numbers).toEqual(numbers.map((_, index) => 200 - numbers.length + index))
  for (const file of [path, `${path}.1`]) expect((await stat(file)).size).toBeLessThan(limitBytes + 100)
  expect(newer).not.toContain('after the end')
  expect(older).toMatch(/^1970-01-01T00:00:00.000Z [→←] line/)
  await rm(folder, { recursive: true })
})
