// docs/spec/sets.md: Kinds that are served so that clients are told why none can be made, and priority classes.

import {
  type CronJob,
  cronJobDefinition,
  type Job,
  jobDefinition,
  type NetworkAttachmentDefinition,
  networkAttachmentDefinitionDefinition,
  type PriorityClass,
  priorityClassDefinition,
  type VirtualMachineInstancePreset,
  virtualMachineInstancePresetDefinition,
} from '@sheaf/api'
import type { Kind } from '@sheaf/machinery/kind'
import { expect, test } from 'vitest'
import { smallKinds, startTestApi } from './api-server.fixture.ts'
import { cronJobKind } from './cronjob/index.ts'
import { jobKind } from './job/index.ts'
import { networkAttachmentDefinitionKind } from './networkattachmentdefinition/index.ts'
import { ensurePriorityClasses, priorityClassKind } from './priorityclass/index.ts'
import { virtualMachineInstancePresetKind } from './virtualmachineinstancepreset/index.ts'

const namespace = 'default'

const refusedKinds = [virtualMachineInstancePresetKind, jobKind, cronJobKind, networkAttachmentDefinitionKind]

const world = () => startTestApi((ports) => [...smallKinds, priorityClassKind(ports), ...refusedKinds] as Kind[])

test('RK1 a preset is refused with what replaces it', async () => {
  const { client } = await world()
  const presets = client.resource<VirtualMachineInstancePreset>(virtualMachineInstancePresetDefinition)
  expect((await presets.list({ namespace })).items).toEqual([])
  const preset: VirtualMachineInstancePreset = {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstancePreset',
    metadata: { namespace, name: 'small' },
    spec: { selector: {} },
  }
  await expect(presets.create(preset)).rejects.toMatchObject({
    code: 422,
    message: expect.stringMatching(
      /^admission webhook "virtualmachinepreset-validator\.kubevirt\.io" denied the request: kubevirt\.io\/v1 VirtualMachineInstancePresets is now deprecated and will be removed in v2\. .*VirtualMachineInstancetype.*VirtualMachinePreference/,
    ),
  })
})

test('RK2 a job and a cron job are refused with the run strategy that does the same', async () => {
  const { client } = await world()
  const jobs = client.resource<Job>(jobDefinition)
  const cronJobs = client.resource<CronJob>(cronJobDefinition)
  const metadata = { namespace, name: 'nightly' }
  await expect(jobs.create({ apiVersion: 'batch/v1', kind: 'Job', metadata, spec: { backoffLimit: 3 } })).rejects.toMatchObject({
    code: 403,
    message: expect.stringMatching(/^jobs\.batch "nightly" is forbidden: there are no Pods here .*runStrategy: Once/),
  })
  const cronJob: CronJob = { apiVersion: 'batch/v1', kind: 'CronJob', metadata, spec: { schedule: '@daily' } }
  await expect(cronJobs.create(cronJob)).rejects.toMatchObject({
    code: 403,
    message: expect.stringMatching(/^cronjobs\.batch "nightly" is forbidden: .*sheaf start NAME/),
  })
  expect([(await jobs.list({ namespace })).items, (await cronJobs.list({ namespace })).items]).toEqual([[], []])
})

const vlan = (config: string): NetworkAttachmentDefinition => ({
  apiVersion: 'k8s.cni.cncf.io/v1',
  kind: 'NetworkAttachmentDefinition',
  metadata: { namespace, name: 'vlan-7' },
  spec: { config },
})

test('NA1 a network beside the pod network is kept as it is, and its sender is warned', async () => {
  const { client, log } = await world()
  const networks = client.resource<NetworkAttachmentDefinition>(networkAttachmentDefinitionDefinition)
  const config = '{"cniVersion":"0.3.1","name":"vlan-7","type":"bridge","bridge":"mgmt-br","vlan":7}'
  const made = await networks.create(vlan(config))
  expect(made.spec).toEqual({ config })
  expect(log.lines.join()).toContain('a virtual machine that names "vlan-7" in networks[].multus does not start, and says so')
  const { spec: _spec, ...bare } = made
  expect((await networks.update(bare)).spec).toBeUndefined()
})

test.each([
  ['bridge', 'must be a JSON object as text'],
  ['[]', 'must be a JSON object as text'],
  ['{"name":"x"}', 'must name the plugin in type'],
  ['{"plugins":[]}', 'plugins must be a list of plugins'],
])('NA1 the configuration %s is refused', async (config, why) => {
  const { client } = await world()
  const networks = client.resource<NetworkAttachmentDefinition>(networkAttachmentDefinitionDefinition)
  await expect(networks.create(vlan(config))).rejects.toMatchObject({
    code: 422,
    message: expect.stringContaining(`spec.config: Invalid value: ${JSON.stringify(config)}: ${why}`),
  })
})

const classOf = (name: string, globalDefault = false): PriorityClass => ({
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name },
  value: 5,
  globalDefault,
})

test('PC3 the classes of the system are there, making them again changes nothing, and they stay', async () => {
  const { client } = await world()
  const classes = client.resource<PriorityClass>(priorityClassDefinition)
  await ensurePriorityClasses(client)
  const { items } = await classes.list()
  await ensurePriorityClasses(client)
  expect((await classes.list()).items).toEqual(items)
  expect(items.map(({ metadata, value }) => [metadata.name, value])).toEqual([
    ['system-cluster-critical', 2_000_000_000],
    ['system-node-critical', 2_000_001_000],
  ])
  await expect(classes.delete({ namespace: '', name: 'system-node-critical' })).rejects.toMatchObject({
    code: 403,
    message:
      'priorityclasses.scheduling.k8s.io "system-node-critical" is forbidden: this is a system priority class and cannot be deleted',
  })
})

test('PC3 there is one default', async () => {
  const { client } = await world()
  const classes = client.resource<PriorityClass>(priorityClassDefinition)
  await classes.create(classOf('usual', true))
  await classes.create(classOf('other'))
  const why = 'PriorityClass usual is already marked as default. Only one default can exist'
  await expect(classes.create(classOf('third', true))).rejects.toMatchObject({ code: 403, message: expect.stringContaining(why) })
  await expect(classes.update(classOf('other', true))).rejects.toMatchObject({ message: expect.stringContaining(why) })
  await classes.update({ ...classOf('usual', true), description: 'still the default' })
  await classes.delete({ namespace: '', name: 'usual' })
  await classes.update(classOf('other', true))
})
