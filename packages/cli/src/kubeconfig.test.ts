import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { accessOf, type KubeconfigFile, KubeconfigUnusable } from './kubeconfig.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const entry = (key: string, name: string, value: object): object => ({ name, [key]: value })
const read = (path: string): string => `content of ${path}\n`

interface Parts {
  user?: object
  cluster?: object
  context?: object
  current?: string
  name?: string
}

function file(
  { user = {}, cluster = {}, context = {}, current = 'here', name = 'here' }: Parts,
  path = '/home/ada/config',
): KubeconfigFile {
  const config = {
    'current-context': current,
    clusters: [entry('cluster', name, { server: `https://${name}:6443`, ...cluster })],
    users: [entry('user', name, user)],
    contexts: [entry('context', name, { cluster: name, user: name, ...context })],
  }
  return { path, text: stringify(config) }
}

test('the current context says where, as whom, and in which namespace', () => {
  const access = accessOf(
    [file({ user: { token: 't' }, cluster: { 'certificate-authority-data': base64('CA') }, context: { namespace: 'shop' } })],
    undefined,
    read,
  )
  expect(access).toMatchObject({
    authorization: 'Bearer t',
    authorityPem: 'CA',
    namespace: 'shop',
    context: 'here',
    trustsAnybody: false,
  })
  expect(access.server.href).toBe('https://here:6443/')
})

test.each([
  ['a token in a file', { user: { tokenFile: 'token', token: 'older' } }, { authorization: 'Bearer content of /home/ada/token' }],
  ['a name and a password', { user: { username: 'ada', password: 'p:w' } }, { authorization: `Basic ${base64('ada:p:w')}` }],
  [
    'a certificate within',
    { user: { 'client-certificate-data': base64('C'), 'client-key-data': base64('K') } },
    { certificatePem: 'C', keyPem: 'K' },
  ],
  [
    'a certificate beside',
    { user: { 'client-certificate': 'a.crt', 'client-key': '/k/a.key' } },
    { certificatePem: read('/home/ada/a.crt'), keyPem: read('/k/a.key') },
  ],
  ['nothing', {}, { authorization: undefined, certificatePem: undefined }],
])('a user signs in with %s', (_what, parts, expected) => {
  expect(accessOf([file(parts)], undefined, read)).toMatchObject(expected)
})

test('a server may be trusted blindly, under another name, or by an authority beside the file', () => {
  const cluster = { 'insecure-skip-tls-verify': true, 'tls-server-name': 'other', 'certificate-authority': 'ca.crt' }
  expect(accessOf([file({ cluster })], undefined, read)).toMatchObject({
    trustsAnybody: true,
    serverName: 'other',
    authorityPem: read('/home/ada/ca.crt'),
  })
})

test('of several files the first that says something holds, and paths begin at the file that names them', () => {
  const files = [
    { path: '/a/config', text: '' },
    file({ name: 'there', user: { tokenFile: 'there' }, current: 'there' }, '/b/config'),
    file({ user: { tokenFile: 'here' } }, '/c/config'),
    file({ name: 'there', user: { token: 'never' } }, '/d/config'),
  ]
  expect(accessOf(files, undefined, read).authorization).toBe('Bearer content of /b/there')
  expect(accessOf(files, 'here', read).authorization).toBe('Bearer content of /c/here')
})

test.each([
  ['that runs a program', file({ user: { exec: { command: 'aws' } } }), /signs in by running aws \(exec\).*kubectl create token/],
  ['with an auth provider', file({ user: { 'auth-provider': { name: 'gcp' } } }), /auth-provider/],
  ['as somebody else', file({ user: { as: 'root' } }), /acts as somebody else/],
  ['through a proxy', file({ cluster: { 'proxy-url': 'socks5://x' } }), /proxy/],
  ['to no address', file({ cluster: { server: 'nowhere' } }), /no address/],
  ['without a current context', file({ current: '' }), /no current-context.*--context: here/],
  ['of an unknown context', file({ current: 'gone' }), /no context "gone". It has: here/],
  ['of an unknown user', file({ context: { user: 'bob' } }), /no user "bob". It has: here/],
  ['that is no YAML', { path: '/x', text: 'a: [' }, /no YAML/],
  ['that holds no fields', { path: '/x', text: 'just words' }, /no kubeconfig/],
])('a kubeconfig %s is refused with what would work', (_what, config, message) => {
  const asked = (): unknown => accessOf([config], undefined, read)
  expect(asked).toThrow(KubeconfigUnusable)
  expect(asked).toThrow(message)
})
