// Whatever is sent: the answer is Kubernetes' or KubeVirt's own refusal, nothing is stored, and the server stays up.

import type { VirtualMachine } from '@sheaf/api'
import { bodyText } from '@sheaf/api/client'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { httpsFetch } from '../../packages/cli/src/https-fetch.ts'
import { readKubeconfig, type ServerProcess, startServerProcess } from '../kit/server-process.ts'
import { emptyMachine } from '../kit/virtual-machines.ts'
import { sendGarbage } from './bad-input-garbage.ts'
import { mutated, sampleManifests } from './bad-input-manifests.ts'

let server: ServerProcess
beforeAll(async () => {
  server = await startServerProcess()
})
afterAll(() => server?.dispose())

let before: string[]
let pid: number
beforeEach(async () => {
  before = await storedObjects()
  pid = server.pid
})
afterEach(async () => {
  expect(await storedObjects()).toEqual(before)
  expect(server.pid).toBe(pid)
  expect((await ask('GET', '/readyz')).text).toBe('ok')
  expect(server.log().split('\n').filter(isStumble)).toEqual([])
})

/** Kubernetes answers 500 to one mistake of clients, which is none of the server's. */
const isStumble = (line: string): boolean =>
  line.includes('request failed') && !line.includes('resourceVersion should not be set on objects to be created')

/** Every object that nothing but a request can change, with its revision. */
async function storedObjects(): Promise<string[]> {
  const lists = [
    '/apis/kubevirt.io/v1/virtualmachines',
    '/apis/kubevirt.io/v1/virtualmachineinstances',
    '/api/v1/configmaps',
    '/api/v1/secrets',
    '/api/v1/namespaces',
  ]
  const answers = await Promise.all(lists.map((path) => ask('GET', path)))
  return answers.flatMap(({ text }, index) =>
    (JSON.parse(text) as { items: { metadata: { namespace?: string; name: string; resourceVersion: string } }[] }).items.map(
      ({ metadata }) => `${lists[index]} ${metadata.namespace}/${metadata.name} ${metadata.resourceVersion}`,
    ),
  )
}

interface Answer {
  status: number
  type: string
  text: string
  /** Of a Status. */
  reason: string | undefined
  message: string
}

const json = { 'content-type': 'application/json' }
const yaml = { 'content-type': 'application/yaml' }

async function ask(
  method: string,
  path: string,
  body?: string | Uint8Array,
  headers: Record<string, string> = json,
): Promise<Answer> {
  const {
    status,
    headers: answered,
    body: bytes,
  } = await server.fetch({ method, path, headers, ...(body === undefined ? {} : { body }) })
  return answerOf(status, String(answered['content-type'] ?? ''), await bodyText(bytes))
}

function answerOf(status: number, type: string, text: string): Answer {
  const { reason, message = '' } = type === 'application/json' ? (JSON.parse(text) as { reason?: string; message?: string }) : {}
  return { status, type, text, reason, message }
}

const collection = '/apis/kubevirt.io/v1/namespaces/default/virtualmachines'
const strictly = `${collection}?fieldValidation=Strict`
type Loose = Record<string, unknown> & {
  metadata: Record<string, unknown>
  spec: Record<string, unknown> & { template: VirtualMachine['spec']['template'] }
}

/** A machine that would be taken, but for this change. */
function machineWith(change: (machine: Loose) => void): string {
  const machine = { ...emptyMachine('wrong', 'Halted') } as unknown as Loose
  change(machine)
  return JSON.stringify(machine)
}
const withSpec = (fields: object): string => machineWith((machine) => Object.assign(machine.spec, fields))
const withMetadata = (fields: object): string => machineWith((machine) => Object.assign(machine.metadata, fields))
const withDevices = (fields: object, volumes?: object[]): string =>
  machineWith(({ spec }) => {
    Object.assign(spec.template.spec.domain.devices, fields)
    Object.assign(spec.template.spec, volumes && { volumes })
  })
const denied = (message: string) => ({
  status: 422,
  reason: 'Invalid',
  message: `admission webhook "virtualmachine-validator.kubevirt.io" denied the request: ${message}`,
})
const invalid = (message: string, name = 'wrong') => ({
  status: 422,
  reason: 'Invalid',
  message: `VirtualMachine.kubevirt.io "${name}" is invalid: ${message}`,
})
const bad = (message: string) => ({ status: 400, reason: 'BadRequest', message })
const undecodable = (why: string) => bad(`VirtualMachine in version "v1" cannot be handled as a VirtualMachine: ${why}`)
const unrecognized = (why: string) => bad(`the object provided is unrecognized (must be of type VirtualMachine): ${why}`)
const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const long = 'x'.repeat(64)

describe('an object that cannot be', () => {
  test.each<[what: string, body: string, answer: object]>([
    [
      'an unknown field',
      withSpec({ runStrateggy: 'Always' }),
      undecodable('strict decoding error: unknown field "spec.runStrateggy"'),
    ],
    [
      'a field given twice',
      withSpec({}).replace('"runStrategy"', '"runStrategy":"Always","runStrategy"'),
      undecodable('strict decoding error: duplicate field "spec.runStrategy"'),
    ],
    [
      'both run fields',
      withSpec({ running: true }),
      denied('Running and RunStrategy are mutually exclusive. Note that Running is deprecated, please use RunStrategy instead'),
    ],
    ['no run field', withSpec({ runStrategy: undefined }), denied('RunStrategy must be specified')],
    ['a run strategy that is none', withSpec({ runStrategy: 'Sometimes' }), denied('Invalid RunStrategy (Sometimes)')],
    [
      'a bus that is none',
      withDevices({ disks: [{ name: 'd', disk: { bus: 'nvme' } }] }, [{ name: 'd', emptyDisk: { capacity: '1Gi' } }]),
      denied(
        'spec.template.spec.domain.devices.disks[0] is set with an unrecognized bus nvme, must be one of: [virtio scsi sata usb]',
      ),
    ],
    [
      'a disk without a volume',
      withDevices({ disks: [{ name: 'd', disk: {} }] }),
      denied("spec.template.spec.domain.devices.disks[0].Name 'd' not found."),
    ],
    [
      'a bad name',
      withMetadata({ name: 'Bad_Name' }),
      invalid(`metadata.name: Invalid value: "Bad_Name": ${subdomainRule}`, 'Bad_Name'),
    ],
    [
      'no name',
      withMetadata({ name: undefined }),
      invalid('metadata.name: Required value: name or generateName is required', ''),
    ],
    ['no spec', machineWith((machine) => delete (machine as Partial<Loose>).spec), invalid('spec: Required value')],
    ['no spec in the template', withSpec({ template: {} }), invalid('spec.template.spec: Required value')],
    ['no template', withSpec({ template: undefined }), invalid('spec.template: Required value')],
    [
      'a number that is a word',
      machineWith(({ spec }) => Object.assign(spec.template.spec.domain, { cpu: { cores: 'many' } })),
      invalid(
        'spec.template.spec.domain.cpu.cores: Invalid value: "string": spec.template.spec.domain.cpu.cores in body must be of type integer: "string"',
      ),
    ],
    [
      'a label that is too long',
      withMetadata({ labels: { a: long } }),
      invalid(`metadata.labels: Invalid value: "${long}": must be no more than 63 characters`),
    ],
    [
      'annotations of 300 kB',
      withMetadata({ annotations: { a: 'x'.repeat(300_000) } }),
      invalid('metadata.annotations: Too long: may not be more than 262144 bytes'),
    ],
    [
      'another namespace',
      withMetadata({ namespace: 'other' }),
      bad('the namespace of the provided object does not match the namespace sent on the request'),
    ],
    [
      'another Kind',
      machineWith((machine) => Object.assign(machine, { kind: 'ConfigMap' })),
      {
        status: 422,
        reason: 'Invalid',
        message: 'ConfigMap.kubevirt.io "wrong" is invalid: kind: Invalid value: "ConfigMap": must be VirtualMachine',
      },
    ],
    [
      'another version',
      machineWith((machine) => Object.assign(machine, { apiVersion: 'kubevirt.io/v2' })),
      bad('the API version in the data (kubevirt.io/v2) does not match the expected API version (kubevirt.io/v1)'),
    ],
    [
      'a resourceVersion at birth',
      withMetadata({ resourceVersion: '5' }),
      { status: 500, reason: undefined, message: 'resourceVersion should not be set on objects to be created' },
    ],
  ])('%s is refused in the words that clients know', async (_what, body, answer) => {
    expect(await ask('POST', strictly, body)).toMatchObject(answer)
  })

  test('a label of a megabyte is refused', async () => {
    expect(await ask('POST', collection, withMetadata({ labels: { a: 'x'.repeat(1_000_000) } }))).toMatchObject({
      status: 422,
      reason: 'Invalid',
    })
  })
})

/** Nine anchors, each nine times the one before: 9^9 words, were it read to the end. */
const yamlBomb = 'abcdefghi'
  .split('')
  .map(
    (name, index, all) =>
      `${name}: &${name} [${Array(9)
        .fill(index === 0 ? 'x' : `*${all[index - 1]}`)
        .join(',')}]`,
  )
  .join('\n')

describe('a body that cannot be read', () => {
  test.each<[what: string, body: string, headers: Record<string, string>, answer: object]>([
    [
      'malformed JSON',
      '{"kind":',
      json,
      unrecognized('couldn\'t get version/kind; json parse error: unexpected end of JSON input ({"kind":)'),
    ],
    [
      'malformed YAML',
      'kind: VirtualMachine\nspec:\n\trunStrategy: Always\n',
      yaml,
      unrecognized(
        "couldn't get version/kind; yaml: line 3: Tabs are not allowed as indentation (6b696e643a205669727475616c4d616368696e650a737065633a0a097275 ...)",
      ),
    ],
    ['nothing', '', json, unrecognized("couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)")],
    ['no object', '[]', json, undecodable('json: cannot unmarshal array into a VirtualMachine')],
    ['no Kind', '{}', json, unrecognized("Object 'Kind' is missing in '{}' ({})")],
    [
      'JSON 100000 levels deep',
      '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000),
      json,
      bad('exceeded max depth: the body nests deeper than 500 levels'),
    ],
    ['YAML 100000 levels deep', '['.repeat(100_000) + ']'.repeat(100_000), yaml, { status: 400, reason: 'BadRequest' }],
    [
      'a YAML bomb',
      yamlBomb,
      yaml,
      unrecognized(
        "couldn't get version/kind; yaml: document contains excessive aliasing (613a202661205b782c782c782c782c782c782c782c782c785d0a623a2026 ...)",
      ),
    ],
    [
      '10 MB',
      JSON.stringify({ a: 'x'.repeat(10 * 1024 * 1024) }),
      json,
      { status: 413, reason: 'RequestEntityTooLarge', message: 'Request entity too large: limit is 3145728' },
    ],
    [
      'another language',
      '<vm/>',
      { 'content-type': 'text/html' },
      {
        status: 415,
        reason: 'UnsupportedMediaType',
        message:
          'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml',
      },
    ],
  ])('%s is refused', async (_what, body, headers, answer) => {
    expect(await ask('POST', collection, body, headers)).toMatchObject(answer)
  })
})

describe('a request that cannot be', () => {
  test.each<[what: string, method: string, path: string, answer: object]>([
    [
      'an unknown group',
      'GET',
      '/apis/nothing.example.com/v1/things',
      { status: 404, type: 'text/plain; charset=utf-8', text: '404 page not found\n' },
    ],
    [
      'an unknown resource',
      'GET',
      '/apis/kubevirt.io/v1/namespaces/default/things',
      { status: 404, type: 'text/plain; charset=utf-8', text: '404 page not found\n' },
    ],
    [
      'an object that is not there',
      'GET',
      `${collection}/absent`,
      { status: 404, reason: 'NotFound', message: 'virtualmachines.kubevirt.io "absent" not found' },
    ],
    [
      'a selector that is none',
      'GET',
      `${collection}?labelSelector=a%20b%20c`,
      { status: 400, reason: 'BadRequest', message: expect.stringContaining('unable to parse requirement: ') },
    ],
    [
      'a revision that is a word',
      'GET',
      `${collection}?resourceVersion=abc`,
      {
        status: 422,
        message:
          'ListOptions.meta.k8s.io "" is invalid: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
      },
    ],
    [
      'a page that was never given',
      'GET',
      `${collection}?continue=junk`,
      { status: 400, reason: 'BadRequest', message: expect.stringContaining('continue key is not valid') },
    ],
    [
      'a machine to start that is not there',
      'PUT',
      '/apis/subresources.kubevirt.io/v1/namespaces/default/virtualmachines/absent/start',
      { status: 404, reason: 'NotFound', message: 'virtualmachine.kubevirt.io "absent" not found' },
    ],
    ['a path out of the tree', 'GET', `${collection}/..`, { status: 400, reason: 'BadRequest' }],
  ])('%s is told so', async (_what, method, path, answer) => {
    expect(await ask(method, path)).toMatchObject(answer)
  })

  test('a wrong token is 401 everywhere, and never taken for no token', async () => {
    const stranger = httpsFetch({ ...readKubeconfig(server.kubeconfig), authorization: 'Bearer wrong' })
    for (const path of [collection, '/readyz', '/apis/nothing.example.com/v1/things']) {
      const { status, headers, body } = await stranger({ method: 'GET', path, headers: {} })
      expect(answerOf(status, String(headers['content-type']), await bodyText(body))).toMatchObject({
        status: 401,
        reason: 'Unauthorized',
        message: 'Unauthorized',
      })
    }
  })

  test('whatever a manifest is bent into, it is taken or refused, and the server never stumbles', async () => {
    const manifest = fc.constantFrom(...sampleManifests)
    const bend = fc.record({ at: fc.nat(), value: fc.option(fc.jsonValue({ maxDepth: 2 }), { nil: undefined }) })
    await fc.assert(
      fc.asyncProperty(manifest, fc.array(bend, { minLength: 1, maxLength: 3 }), async ({ path, object }, bends) => {
        const bent = bends.reduce((each, { at, value }) => mutated(each, at, value), object)
        const { status, reason, text } = await ask('POST', `${path}?dryRun=All`, JSON.stringify(bent))
        if (reason === 'InternalError' || (status !== 201 && status < 400)) throw new Error(text)
      }),
      { seed: 20_260_101, numRuns: 300, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: true },
    )
  })

  test('what is no HTTP, no TLS or neither is dropped', async () => {
    await sendGarbage(readKubeconfig(server.kubeconfig), 100)
  })
})
