import { expect, test } from 'vitest'
import { startServer, widgetNamed, widgets } from '../apiserver/widget-server.testdata.ts'
import { refuseOversize } from './object-size.ts'

const merge = { 'content-type': 'application/merge-patch+json' }
const note = (mebibytes: number): string => 'x'.repeat(mebibytes * 1024 * 1024)
const tooLarge = {
  status: 413,
  json: { reason: 'RequestEntityTooLarge', message: expect.stringMatching(/^Request entity too large: .* limit is 1572864/) },
}

test('RG50 an object of more than 1.5 MiB is refused, whatever led to it, and nothing changes', async () => {
  const { send, store } = await startServer()
  expect(await send('POST', widgets, widgetNamed('a', { note: note(1.6) }))).toMatchObject(tooLarge)
  expect((await send('POST', widgets, widgetNamed('a', { note: note(1.4) }))).status).toBe(201)
  const before = store.revision
  const more = { metadata: { annotations: { more: 'x'.repeat(200_000) } } }
  expect(await send('PATCH', `${widgets}/a`, more, merge)).toMatchObject(tooLarge)
  expect(store.revision).toBe(before)
})

test('RG50 one that is larger already may shrink or stay, not grow', () => {
  const large = 'ä'.repeat(1024 * 1024)
  expect(() => refuseOversize(large, large)).not.toThrow()
  expect(() => refuseOversize(`${large}ä`, large)).toThrow('Request entity too large')
})
