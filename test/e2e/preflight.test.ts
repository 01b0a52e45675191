// docs/spec/preflight.md: what `--fix` says that it mends is mended, on a real server, and nothing else is touched.

import {
  harvesterSystemNamespace,
  type Version,
  versionDefinition,
  type VirtualMachineImage,
  virtualMachineImageDefinition,
} from '@sheaf/api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ServerProcess, startServerProcess } from '../kit/server-process.ts'
import { emptyMachine, virtualMachines } from '../kit/virtual-machines.ts'

let server: ServerProcess
beforeAll(async () => {
  server = await startServerProcess()
  await server.client.resource<Version>(versionDefinition).create({
    apiVersion: 'harvesterhci.io/v1beta1',
    kind: 'Version',
    metadata: { name: '9.9.9', namespace: harvesterSystemNamespace },
    spec: { isoURL: 'https://download.example/sheaf-9.9.9.iso' },
  })
})
afterAll(() => server?.dispose())

interface Told {
  id: string
  verdict: string
  fix?: string
}

async function preflight(...flags: string[]): Promise<Map<string, Told>> {
  const { stdout } = await server.sheaf('upgrade', 'preflight', '--version', '9.9.9', '--output', 'json', ...flags)
  return new Map((JSON.parse(stdout) as { checks: Told[] }).checks.map((check) => [check.id, check]))
}

const images = () =>
  server.client.resource<VirtualMachineImage>(virtualMachineImageDefinition).list({ namespace: harvesterSystemNamespace })

test('PF7 --fix rewrites deprecated fields and removes what an upgrade left behind', async () => {
  const { runStrategy: _instead, ...spec } = emptyMachine('old', 'Halted').spec
  // As somebody sends it who does not read warnings.
  await server.fetch({
    method: 'POST',
    path: '/apis/kubevirt.io/v1/namespaces/default/virtualmachines',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...emptyMachine('old', 'Halted'), spec: { ...spec, running: false } }),
  })
  await server.client.resource<VirtualMachineImage>(virtualMachineImageDefinition).create({
    apiVersion: 'harvesterhci.io/v1beta1',
    kind: 'VirtualMachineImage',
    metadata: {
      name: 'left-behind',
      namespace: harvesterSystemNamespace,
      labels: { 'harvesterhci.io/upgrade': 'long-gone' },
    },
    spec: { displayName: 'left-behind', sourceType: 'upload' },
  })
  const before = await preflight()
  expect(before.get('leftovers')).toMatchObject({ verdict: 'fail', fix: 'remove-leftovers' })
  expect(before.get('deprecated-fields')).toMatchObject({ verdict: 'warn', fix: 'rewrite-deprecated-fields' })
  expect((await images()).items).toHaveLength(1)

  const after = await preflight('--fix')
  expect(after.get('leftovers')).toMatchObject({ verdict: 'pass' })
  expect((await images()).items).toEqual([])
  const { running, runStrategy } = (await virtualMachines(server).get({ namespace: 'default', name: 'old' })).spec
  expect({ running, runStrategy }).toEqual({ running: undefined, runStrategy: 'Halted' })
})
