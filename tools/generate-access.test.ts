import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { accessPage, pageFile, routesOf } from './generate-access.ts'

it('AC70 the reference page says what every default role may do at every route; if not: node tools/generate-access.ts', async () => {
  expect(readFileSync(pageFile, 'utf8')).toBe(await accessPage())
})

it('AC70 who has no role may look at discovery and ask about themselves, and who is unknown at health and version', async () => {
  const routes = await routesOf()
  expect(routes.length).toBeGreaterThan(250)
  const openTo = (who: string): string[] => routes.filter(({ allowed }) => allowed.has(who)).map(({ path }) => path)
  expect(openTo('anonymous').toSorted()).toEqual(['/healthz', '/livez', '/readyz', '/version'])
  const harmless =
    /^\/(api|apis|openapi|version|healthz|livez|readyz)(\/[\w.]*)*$|\/self\w+reviews$|cluster(instancetypes|preferences)|subresources\.kubevirt\.io\/\w+\/(version|guestfs)$/
  expect(openTo('anybody').filter((path) => !harmless.test(path))).toEqual([])
})

it('AC70 each of view, edit, admin and cluster-admin holds what the one before it holds', async () => {
  for (const { allowed, method, path } of await routesOf()) {
    const held = ['view', 'edit', 'admin', 'cluster-admin'].map((name) => allowed.has(name))
    expect(held, `${method} ${path}`).toEqual([...held].toSorted((one, other) => Number(one) - Number(other)))
  }
})

it('AC70 nobody but cluster-admin and its like may let people in, upgrade the platform, or touch cluster roles', async () => {
  const guarded = /\/(users|upgrades|rollback|clusterroles|clusterrolebindings)\b/
  const routes = (await routesOf()).filter(({ path }) => guarded.test(path))
  expect(routes.length).toBeGreaterThan(30)
  for (const { allowed, method, path } of routes) expect([...allowed], `${method} ${path}`).toEqual(['cluster-admin'])
})
