import { expect, test } from 'vitest'
import { startServer, widgets, widgetNamed, openWatch } from './widget-server.testdata.ts'

test('first light', async () => {
  const s = await startServer()
  const c = await s.send('POST', widgets, widgetNamed('a', { size: 1, foo: 2 }))
  console.log(c)
  expect(c.status).toBe(201)
  const w = await openWatch(s, `${widgets}?watch=1`)
  console.log(await w.next())
  const p = await s.send('PATCH', `${widgets}/a`, { spec: { size: 5 } }, { 'content-type': 'application/merge-patch+json' })
  console.log(p.json)
  console.log(await w.next())
  const u = await s.send('PUT', `${widgets}/a/status`, { ...p.json, status: { phase: 'Up' } })
  console.log(u.json)
  console.log(JSON.stringify(await w.next()))
  console.log((await s.send('GET', widgets)).text)
  const d = await s.send('DELETE', `${widgets}/a`)
  console.log(d.json)
  console.log(JSON.stringify(await w.next()))
  console.log((await s.send('GET', widgets, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })).text)
  console.log(await s.send('GET', widgets + '/a'), await s.send('GET', '/api/v1/namespaces/home'), s.failures)
})
