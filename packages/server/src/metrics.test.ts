import { runningRule } from '@sheaf/api'
import { bodyText } from '@sheaf/api/client'
import type { AnsweredRequest } from '@sheaf/machinery/kind'
import { beforeEach, expect, test } from 'vitest'
import { createMetrics, type Metrics } from './metrics.ts'

let metrics: Metrics
beforeEach(() => {
  metrics = createMetrics()
})

const lines = async (name: string): Promise<string[]> => {
  const text = await bodyText((await metrics.answer()).body)
  return text.split('\n').filter((line) => line.startsWith(name))
}

const subject: AnsweredRequest['subject'] = {
  verb: 'PATCH',
  group: 'kubevirt.io',
  version: 'v1',
  resource: 'virtualmachines',
  kind: 'VirtualMachine',
  subresource: '',
  scope: 'resource',
  namespace: 'default',
  name: 'a',
}
const answered: AnsweredRequest = {
  subject,
  user: { username: 'ada', groups: [] },
  userAgent: 'kubectl/v1.32.5',
  dryRun: false,
  code: 200,
  durationMs: 70,
}

const sighting = {
  rule: runningRule,
  field: 'spec.running',
  resource: { group: 'kubevirt.io', version: 'v1', kind: 'VirtualMachine', plural: 'virtualmachines' },
  user: 'ada',
  client: 'kubectl',
  userAgent: 'kubectl/v1.32.5',
  object: 'default/a',
}

test('DU11 requests are counted and timed under the names and labels of kube-apiserver', async () => {
  metrics.answered(answered)
  metrics.answered({ ...answered, dryRun: true, code: 409 })
  const labels = 'group="kubevirt.io",version="v1",resource="virtualmachines",subresource="",scope="resource"'
  expect(await lines('apiserver_request_total')).toEqual([
    `apiserver_request_total{verb="PATCH",${labels},dry_run="",code="200"} 1`,
    `apiserver_request_total{verb="PATCH",${labels},dry_run="All",code="409"} 1`,
  ])
  const durations = await lines('apiserver_request_duration_seconds_bucket')
  expect(durations.find((line) => line.includes('le="0.05"') && line.includes('dry_run=""'))).toMatch(/ 0$/)
  expect(durations.find((line) => line.includes('le="0.1"') && line.includes('dry_run=""'))).toMatch(/ 1$/)
})

test('DU11 open watches are counted, and are no matter of time', async () => {
  const watch = { ...subject, verb: 'WATCH', scope: 'namespace' } as const
  const end = metrics.watching(watch)
  metrics.answered({ ...answered, subject: watch })
  expect((await lines('apiserver_longrunning_requests'))[0]).toMatch(/verb="WATCH".*resource="virtualmachines".* 1$/)
  expect(await lines('apiserver_request_duration_seconds_count')).toEqual([])
  end()
  expect((await lines('apiserver_longrunning_requests'))[0]).toMatch(/ 0$/)
})

test('DU13 an API that is deprecated as a whole is told once it was asked for', async () => {
  metrics.answered(answered)
  expect(await lines('apiserver_requested_deprecated_apis')).toEqual([])
  metrics.answered({ ...answered, subject: { ...subject, version: 'v1alpha3' } })
  metrics.answered({ ...answered, subject: { ...subject, version: 'v1alpha3' } })
  expect(await lines('apiserver_requested_deprecated_apis')).toEqual([
    'apiserver_requested_deprecated_apis{group="kubevirt.io",version="v1alpha3",resource="virtualmachines",subresource="",removed_release=""} 1',
  ])
})

test('DU12 who sends a deprecated field is counted; beyond a hundred senders the others share one series', async () => {
  metrics.deprecatedFieldSent(sighting)
  metrics.deprecatedFieldSent(sighting)
  const known = 'resource="virtualmachines",user="ada",user_agent="kubectl"'
  expect(await lines('sheaf_deprecated_field_requests_total')).toEqual([
    `sheaf_deprecated_field_requests_total{field="spec.running",group="kubevirt.io",version="v1",${known}} 2`,
  ])
  for (let number = 0; number < 1_000; number++) metrics.deprecatedFieldSent({ ...sighting, client: `tool-${number}` })
  metrics.deprecatedFieldSent(sighting)
  const all = await lines('sheaf_deprecated_field_requests_total')
  expect(all.length).toBe(101)
  expect(all.find((line) => line.includes('user="_other",user_agent="_other"'))).toMatch(/ 901$/)
  expect(all.find((line) => line.includes(known))).toMatch(/ 3$/)
})

test('DU11 the process tells of itself', async () => {
  expect((await lines('process_resident_memory_bytes'))[0]).toMatch(/ \d+/)
  expect((await lines('nodejs_eventloop_lag_seconds'))[0]).toBeDefined()
})
