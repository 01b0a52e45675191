// What cannot be answered any more, and what cannot be done yet: a revision that history has forgotten, an image that is
// not there.

import { mkdirSync, symlinkSync, unlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { configMapDefinition, eventDefinition } from '@sheaf/api'
import { bodyText, isStreaming } from '@sheaf/api/client'
import type { ApiObject } from '@sheaf/api/meta'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../kit/eventually.ts'
import { machineProcesses } from '../kit/machine-processes.ts'
import { root } from '../kit/repository-root.ts'
import { type ServerProcess, startServerProcess } from '../kit/server-process.ts'
import { emptyMachine, instances, key, virtualMachines } from '../kit/virtual-machines.ts'

let server: ServerProcess
beforeAll(async () => {
  server = await startServerProcess()
})
afterAll(() => server?.dispose())

/** The server keeps 64 Mi characters of what was overwritten; so many texts are more. */
const overwrites = 70
const textLength = 1_000_000

test('a watch from a forgotten revision is told 410 inside its stream, which then ends; a new one goes on', async () => {
  const configMaps = server.client.resource<ApiObject & { data?: Record<string, string> }>(configMapDefinition)
  const about = key('overwritten')
  const created = await configMaps.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: about })
  const old = created.metadata.resourceVersion ?? ''
  for (let count = 0; count < overwrites; count++)
    await configMaps.patch(about, { data: { text: String(count).padStart(textLength, '.') } }, { type: 'merge' })

  const watch = (from: string) =>
    server.fetch({
      method: 'GET',
      path: `/api/v1/namespaces/default/configmaps?watch=true&resourceVersion=${from}&timeoutSeconds=1`,
      headers: {},
    })
  const { status, body } = await watch(old)
  const frames = await linesOf(body)
  expect(status).toBe(200)
  expect(frames).toEqual([
    {
      type: 'ERROR',
      object: expect.objectContaining({
        kind: 'Status',
        code: 410,
        reason: 'Expired',
        message: expect.stringMatching(new RegExp(`^too old resource version: ${old} \\(\\d+\\)$`)),
      }),
    },
  ])
  const list = await server.fetch({
    method: 'GET',
    path: `/api/v1/namespaces/default/configmaps?resourceVersion=${old}&resourceVersionMatch=Exact`,
    headers: {},
  })
  expect(JSON.parse(await bodyText(list.body))).toMatchObject({
    code: 410,
    reason: 'Expired',
    message: 'The resourceVersion for the provided list is too old.',
  })

  const { metadata } = await configMaps.list({ namespace: about.namespace })
  const going = watch(metadata.resourceVersion ?? '')
  await configMaps.patch(about, { data: { text: 'new' } }, { type: 'merge' })
  expect(await linesOf((await going).body)).toMatchObject([{ type: 'MODIFIED', object: { data: { text: 'new' } } }])
})

async function linesOf(body: Awaited<ReturnType<ServerProcess['fetch']>>['body']): Promise<unknown[]> {
  if (!isStreaming(body)) throw new Error(`no stream: ${await bodyText(body)}`)
  let text = ''
  for await (const chunk of body) text += String(chunk)
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)
}

test('a machine whose image is missing says so, and runs when the image appears', async () => {
  const library = join(server.dataFolder, 'images')
  // The folder of all tests stays as it is.
  unlinkSync(library)
  mkdirSync(library)
  const machine = emptyMachine('imageless', 'Always')
  Object.assign(machine.spec.template.spec, { volumes: [{ name: 'system', containerDisk: { image: 'sheaf.local/late:1' } }] })
  await virtualMachines(server).create(machine)

  const statusOf = async () => (await virtualMachines(server).get(key('imageless'))).status?.printableStatus
  await eventually('the missing image is told', async () => (await statusOf()) === 'ErrImagePull')
  const { status } = await instances(server).get(key('imageless'))
  expect(status?.conditions).toContainEqual(
    expect.objectContaining({
      type: 'Synchronized',
      status: 'False',
      reason: 'ErrImagePull',
      message: `image "sheaf.local/late:1" not found in ${library}; images are folders there, such as sheaf.local/guest/latest`,
    }),
  )
  const events = await server.client
    .resource(eventDefinition)
    .list({ namespace: 'default', fieldSelector: 'reason=ErrImagePull' })
  expect(events.items).toHaveLength(1)
  expect(machineProcesses(server.dataFolder)).toEqual([])
  expect((await server.sheaf('explain', 'imageless')).stdout).toContain('sheaf.local/late:1')

  const image = join(library, 'sheaf.local', 'late', '1')
  mkdirSync(dirname(image), { recursive: true })
  symlinkSync(join(root, '.generated', 'images', 'sheaf.local', 'guest', 'latest'), image)
  await eventually('it runs', async () => (await statusOf()) === 'Running')
  expect(machineProcesses(server.dataFolder)).toHaveLength(1)
})
