// Who may do what, as people meet it: kubectl with a certificate of their own, a program with a token, and a guest's console
// behind a websocket.

import { spawn } from 'node:child_process'
import { generateKeyPairSync, sign } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, get } from 'node:https'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { connect as connectSecurely } from 'node:tls'
import { bodyText } from '@sheaf/api/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { httpsFetch } from '../../packages/cli/src/https-fetch.ts'
import { type Access, accessOf } from '../../packages/cli/src/kubeconfig.ts'
import { openWebsocket } from '../../packages/cli/src/open-websocket.ts'
import { eventually } from '../kit/eventually.ts'
import { findKubectls, type Kubectl, type KubectlSession, kubectlSession } from '../kit/kubectl.ts'
import { root } from '../kit/repository-root.ts'
import { readKubeconfig, type ServerProcess, sheafProgram, startServerProcess } from '../kit/server-process.ts'
import { emptyMachine, guestMachine, untilGuestAnswers, virtualMachines } from '../kit/virtual-machines.ts'

let server: ServerProcess
let kubectl: Kubectl
const sessions: KubectlSession[] = []

beforeAll(async () => {
  server = await startServerProcess()
  kubectl = (await findKubectls()).at(-1) as Kubectl
  await virtualMachines(server).create(guestMachine('talker', 'Manual'))
  await virtualMachines(server).create(emptyMachine('still', 'Manual'))
})
afterAll(async () => {
  for (const session of sessions) session.dispose()
  await server?.dispose()
})

function sessionWith(kubeconfig: string): KubectlSession {
  const session = kubectlSession(kubectl, { ...server, kubeconfig }, 'default')
  sessions.push(session)
  return session
}

/** Lets somebody in with `sheaf user add`. */
async function letIn(name: string, ...more: string[]): Promise<{ kubeconfig: string; session: KubectlSession; said: string }> {
  const kubeconfig = join(server.dataFolder, `${name}.kubeconfig`)
  const { code, stdout, stderr } = await server.sheaf('user', 'add', name, '--out', kubeconfig, ...more)
  if (code !== 0) throw new Error(`${name} was not let in: ${stderr}`)
  return { kubeconfig, session: sessionWith(kubeconfig), said: stdout }
}

const inDefault = 'in API group "kubevirt.io" in the namespace "default"'
const start = '/apis/subresources.kubevirt.io/v1/namespaces/default/virtualmachines/talker/start'
const consolePath = '/apis/subresources.kubevirt.io/v1/namespaces/default/virtualmachineinstances/talker/console'

/** What a kubeconfig of `sheaf user` leads to. */
function accessIn(path: string): Access {
  const read = (file: string): string => readFileSync(file, 'utf8')
  return accessOf([{ path, text: read(path) }], undefined, read)
}

/** The first words of the guest. Throws what came instead of a connection. */
async function openConsole(kubeconfig: string): Promise<string> {
  const heard = Promise.withResolvers<string>()
  const socket = await openWebsocket(accessIn(kubeconfig), consolePath, (bytes) => heard.resolve(bytes.toString()))
  const words = await heard.promise
  socket.close()
  return words
}

describe('somebody with the role view in one namespace', () => {
  test('AC40 sees what is there, and what may not be done is refused word for word as by Kubernetes', async () => {
    const { session, said } = await letIn('vera', '--role', 'view', '--namespace', 'default', '--group', 'watchers')
    expect(said).toMatch(/^vera is let in until \d{4}-.*Z, with the role view in default\.$/m)
    expect(await session.ok('get', 'vm', '-o', 'name')).toBe(
      'virtualmachine.kubevirt.io/still\nvirtualmachine.kubevirt.io/talker\n',
    )
    expect(await session.refusal(['delete', 'vm', 'still'])).toBe(
      `Error from server (Forbidden): virtualmachines.kubevirt.io "still" is forbidden: User "vera" cannot delete resource "virtualmachines" ${inDefault}\n`,
    )
    expect(await session.refusal(['replace', '--raw', start, '-f', '-'], '{}')).toBe(
      'Error from server (Forbidden): virtualmachines.subresources.kubevirt.io "talker" is forbidden: User "vera" cannot update resource "virtualmachines/start" in API group "subresources.kubevirt.io" in the namespace "default"\n',
    )
    expect(await session.refusal(['get', 'vm', '-A'])).toContain(
      'User "vera" cannot list resource "virtualmachines" in API group "kubevirt.io" at the cluster scope',
    )
    expect(await session.refusal(['get', 'secrets'])).toContain(
      'cannot list resource "secrets" in API group "" in the namespace "default"',
    )
    expect(await session.refusal(['get', '--raw', '/metrics'])).toBe(
      'Error from server (Forbidden): forbidden: User "vera" cannot get path "/metrics"\n',
    )
  })

  test('AC22 kubectl auth tells who one is and what one may', async () => {
    const session = sessionWith(join(server.dataFolder, 'vera.kubeconfig'))
    expect(await session.ok('auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username} {.status.userInfo.groups}')).toBe(
      'vera ["watchers","system:authenticated"]',
    )
    expect(await session.ok('auth', 'can-i', 'list', 'vm')).toBe('yes\n')
    const { code, stdout } = await session.run(['auth', 'can-i', 'delete', 'vm'])
    expect([code, stdout]).toEqual([1, 'no\n'])
    expect(await session.ok('auth', 'can-i', '--list')).toMatch(
      /^virtualmachines\.kubevirt\.io\s+\[\]\s+\[\]\s+\[get list watch\]$/m,
    )
  })
})

test('AC15 somebody with the role edit starts a machine and opens its console; who only views is refused there too', async () => {
  const { session, kubeconfig } = await letIn('ed', '--role', 'edit', '--namespace', 'default')
  expect(await session.run(['replace', '--raw', start, '-f', '-'], { input: '{}' })).toMatchObject({ code: 0, stderr: '' })
  await untilGuestAnswers(server, 'talker')
  expect((await openConsole(kubeconfig)).length).toBeGreaterThan(0)
  await expect(openConsole(join(server.dataFolder, 'vera.kubeconfig'))).rejects.toThrow(
    'virtualmachineinstances.subresources.kubevirt.io "talker" is forbidden: User "vera" cannot get resource "virtualmachineinstances/console" in API group "subresources.kubevirt.io" in the namespace "default"',
  )
  expect(await session.refusal(['create', 'rolebinding', 'more', '--clusterrole=admin', '--user=ed'])).toContain(
    'cannot create resource "rolebindings" in API group "rbac.authorization.k8s.io"',
  )
})

test('AC4 an admin of a namespace gives there what they hold, and no more', async () => {
  const { session } = await letIn('ada', '--role', 'admin', '--namespace', 'default')
  await session.ok('create', 'rolebinding', 'given', '--clusterrole=view', '--user=guest')
  const refused = await session.refusal(['create', 'rolebinding', 'more', '--clusterrole=cluster-admin', '--user=ada'])
  expect(refused).toContain(
    'user "ada" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:',
  )
  expect(refused).toContain('{APIGroups:["*"], Resources:["*"], Verbs:["*"]}')
})

test('AC32 AC33 a program comes with a token, and is shut out when its account is deleted', async () => {
  const admin = sessionWith(server.kubeconfig)
  await admin.ok('apply', '-f', join(root, 'examples', 'robot.yaml'))
  const token = (await admin.ok('create', 'token', 'robot', '--duration=10m')).trim()
  expect(await admin.refusal(['create', 'token', 'robot', '--duration=5m'])).toContain(
    'spec.expirationSeconds: Invalid value: 300: may not specify a duration less than 10 minutes',
  )
  const { server: url, authorityPem } = readKubeconfig(server.kubeconfig)
  const kubeconfig = join(server.dataFolder, 'robot.kubeconfig')
  const cluster = { server: url.origin, 'certificate-authority-data': Buffer.from(authorityPem).toString('base64') }
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user: { token } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  )
  const robot = sessionWith(kubeconfig)
  expect(await robot.ok('get', 'vm', '-o', 'name')).toContain('talker')
  expect(await robot.refusal(['delete', 'vm', 'still'])).toContain('User "system:serviceaccount:default:robot" cannot delete')
  await admin.ok('delete', 'serviceaccount', 'robot')
  expect(await robot.refusal(['get', '--raw', '/api/v1/namespaces'])).toMatch(/Unauthorized|provide credentials/)
})

test('AC24 an administrator looks with the eyes of another', async () => {
  const admin = sessionWith(server.kubeconfig)
  expect(await admin.ok('get', 'vm', '--as=vera', '-o', 'name')).toContain('talker')
  expect(await admin.refusal(['delete', 'vm', 'still', '--as=vera'])).toContain('User "vera" cannot delete')
  const ed = sessionWith(join(server.dataFolder, 'ed.kubeconfig'))
  expect(await ed.refusal(['get', '--raw', '/api', '--as=vera'])).toContain(
    'users "vera" is forbidden: User "ed" cannot impersonate resource "users" in API group "" at the cluster scope',
  )
})

describe('sheaf user', () => {
  test('AC41 AC42 AC43 rotates a certificate away, revokes one, and lists who is let in', async () => {
    const { kubeconfig, session } = await letIn('otto', '--role', 'view')
    await session.ok('get', 'vm', '-A')
    const newer = join(server.dataFolder, 'otto-2.kubeconfig')
    expect((await server.sheaf('user', 'rotate', 'otto', '--out', newer)).code).toBe(0)
    const refused = /Unauthorized|provide credentials/
    expect(await session.refusal(['get', '--raw', '/api'])).toMatch(refused)
    const renewed = sessionWith(newer)
    await renewed.ok('get', 'vm', '-A')
    const listed = await server.sheaf('user', 'list')
    expect(listed.stdout).toMatch(/^NAME +GROUPS +ENDS +ROLES\n/)
    expect(listed.stdout).toMatch(/^otto +- +\d{4}-\S+ +view$/m)
    expect(listed.stdout).toMatch(/^vera +watchers +\d{4}-\S+ +view in default$/m)

    expect(await server.sheaf('user', 'revoke', 'otto')).toMatchObject({ code: 0, stderr: '' })
    expect(await renewed.refusal(['get', '--raw', '/api'])).toMatch(refused)
    const admin = sessionWith(server.kubeconfig)
    await eventually(
      'what was given is gone',
      async () => !(await admin.ok('get', 'clusterrolebindings', '-o', 'name')).includes('otto'),
    )
    expect(await server.sheaf('user', 'revoke', 'otto')).toMatchObject({
      code: 1,
      stderr: 'sheaf: nobody is let in as otto. Who is: sheaf user list\n',
    })
    expect((await server.sheaf('user', 'add', 'vera')).stderr).toContain('vera is let in already')
    expect((await server.sheaf('user', 'add', 'otto', '--out', kubeconfig)).stderr).toContain('is there already')
  })
})

test('AC35 somebody comes with a token of the identity provider that the server was told of', async () => {
  const credentials = (name: string): string => readFileSync(join(server.dataFolder, 'credentials', name), 'utf8')
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  let issuer = ''
  const provider = createServer({ cert: credentials('server.crt'), key: credentials('server.key') }, ({ url }, answer) => {
    const key = { ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256', use: 'sig' }
    answer.end(JSON.stringify(url === '/keys' ? { keys: [key] } : { issuer, jwks_uri: `${issuer}/keys` }))
  })
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
  issuer = `https://127.0.0.1:${(provider.address() as AddressInfo).port}`
  const tokenFor = (audience: string): string => {
    const exp = Math.floor(Date.now() / 1000) + 600
    const parts = [
      { alg: 'ES256', kid: 'one' },
      { iss: issuer, aud: audience, sub: 'olga', groups: ['ops'], exp },
    ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    const signature = sign('sha256', Buffer.from(parts.join('.')), { key: privateKey, dsaEncoding: 'ieee-p1363' })
    return [...parts, signature.toString('base64url')].join('.')
  }
  const flags = { 'issuer-url': issuer, 'client-id': 'sheaf', 'username-prefix': 'sso:', 'groups-claim': 'groups' }
  const words = Object.entries(flags).flatMap(([flag, value]) => [`--oidc-${flag}`, value])
  const trusting = await startServerProcess({
    words: [...words, '--oidc-groups-prefix', 'sso:', '--oidc-ca-file', join(server.dataFolder, 'credentials', 'ca.crt')],
  })
  try {
    const access = readKubeconfig(trusting.kubeconfig)
    const whoami = async (token: string) => {
      const fetch = httpsFetch({ ...access, authorization: `Bearer ${token}` })
      const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
      const headers = { 'content-type': 'application/json' }
      const { status, body } = await fetch({ method: 'POST', path, headers, body: '{}' })
      return [status, JSON.parse(await bodyText(body)).status]
    }
    const olga = { username: 'sso:olga', groups: ['sso:ops', 'system:authenticated'] }
    expect(await whoami(tokenFor('sheaf'))).toEqual([201, { userInfo: olga }])
    expect((await whoami(tokenFor('another')))[0]).toBe(401)
  } finally {
    await trusting.dispose()
    provider.close()
  }
})

test('AC14 without a credential there is health and the version; with a bad one there is nothing', async () => {
  const { server: url, authorityPem } = readKubeconfig(server.kubeconfig)
  const ask = (path: string, headers: Record<string, string> = {}): Promise<[number | undefined, string]> =>
    new Promise((resolve, reject) => {
      get(new URL(path, url), { ca: authorityPem, headers, agent: false }, (answer) => {
        const told = answer
          .toArray()
          .then((pieces): [number | undefined, string] => [answer.statusCode, Buffer.concat(pieces).toString()])
        void told.then(resolve, reject)
      }).on('error', reject)
    })
  for (const path of ['/healthz', '/livez', '/readyz', '/version']) expect((await ask(path))[0]).toBe(200)
  const [code, body] = await ask('/api')
  expect([code, JSON.parse(body).message]).toEqual([403, 'forbidden: User "system:anonymous" cannot get path "/api"'])
  expect((await ask('/version', { authorization: 'Bearer made-up' }))[0]).toBe(401)
})

test('AC50 all of it stands in the audit log', async () => {
  const folder = join(server.dataFolder, 'audit')
  const events = readdirSync(folder)
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'))
    .map((line) => JSON.parse(line) as { user: { username?: string }; verb: string; objectRef?: object; annotations: object })
  expect(events).toContainEqual(
    expect.objectContaining({
      verb: 'delete',
      user: expect.objectContaining({ username: 'vera', groups: ['watchers', 'system:authenticated'] }),
      sourceIPs: ['127.0.0.1'],
      objectRef: {
        resource: 'virtualmachines',
        namespace: 'default',
        name: 'still',
        apiGroup: 'kubevirt.io',
        apiVersion: 'v1',
      },
      annotations: { 'authorization.k8s.io/decision': 'forbid', 'authorization.k8s.io/reason': '' },
    }),
  )
  const metrics = await sessionWith(server.kubeconfig).ok('get', '--raw', '/metrics')
  expect(metrics).toMatch(/^apiserver_audit_event_total \d\d+$/m)
  expect(metrics).toMatch(/^apiserver_audit_error_total\{plugin="log"\} 0$/m)
})

describe('beyond this machine', () => {
  test('AC60 the server does not listen unless that is said, and says what to say', async () => {
    const { code, stderr } = await new Promise<{ code: number | null; stderr: string }>((resolve) => {
      const environment = { ...process.env, SHEAF_DATA: server.dataFolder, SHEAF_ADDRESS: '0.0.0.0' }
      const child = spawn(sheafProgram, ['serve'], { env: environment })
      let text = ''
      child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()))
      child.on('close', (ended) => resolve({ code: ended, stderr: text }))
    })
    expect([code, stderr]).toEqual([2, expect.stringContaining('Say --allow-remote as well')])
  })

  test('AC61 AC62 it is reached there with a certificate that holds, and sheaf status tells it', async () => {
    const open = await startServerProcess({ environment: { SHEAF_ADDRESS: '0.0.0.0', SHEAF_ALLOW_REMOTE: 'yes' } })
    try {
      const { server: url, authorityPem } = readKubeconfig(open.kubeconfig)
      expect(url.hostname).toBe('127.0.0.1')
      const others = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
      const addresses = others.filter(({ internal, family }) => !internal && family === 'IPv4').map(({ address }) => address)
      for (const host of ['127.0.0.1', ...addresses]) {
        const authorized = await new Promise<boolean>((resolve, reject) => {
          const socket = connectSecurely({ host, port: Number(url.port), ca: authorityPem }, () => {
            resolve(socket.authorized)
            socket.destroy()
          })
          socket.on('error', reject)
        })
        expect(authorized).toBe(true)
      }
      const told = `Warning: the API listens on 0.0.0.0, port ${url.port}: other machines can reach it (--allow-remote)`
      expect((await open.sheaf('status')).stdout).toContain(told)
      expect((await server.sheaf('status')).stdout).not.toContain('other machines can reach it')
    } finally {
      await open.dispose()
    }
  })
})
