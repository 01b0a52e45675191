import { describe, expect, it } from 'vitest'
import { InvalidReference, parseReference, referenceText } from './reference.ts'

const digest = `sha256:${'a1'.repeat(32)}`

describe('a reference', () => {
  it.each([
    ['debian', 'docker.io/library/debian:latest'],
    ['debian:12', 'docker.io/library/debian:12'],
    ['kubevirt/cirros', 'docker.io/kubevirt/cirros:latest'],
    ['index.docker.io/library/debian', 'docker.io/library/debian:latest'],
    ['quay.io/containerdisks/fedora:41', 'quay.io/containerdisks/fedora:41'],
    ['registry:5000/kubevirt/cirros:devel', 'registry:5000/kubevirt/cirros:devel'],
    ['localhost/a', 'localhost/a:latest'],
    ['localhost:5000/a/b__c', 'localhost:5000/a/b__c:latest'],
    ['[::1]:5000/a', '[::1]:5000/a:latest'],
    ['127.0.0.1:5000/a', '127.0.0.1:5000/a:latest'],
    ['Registry.Example/a', 'registry.example/a:latest'],
    [`quay.io/a@${digest}`, `quay.io/a@${digest}`],
    [`quay.io/a:1@${digest}`, `quay.io/a@${digest}`],
  ])('%s is read as registries read it', (text, canonical) => {
    expect(referenceText(parseReference(text))).toBe(canonical)
  })

  it.each([
    '',
    ':1',
    'a:',
    'a:b:c',
    'A',
    'a//b',
    'a/../b',
    '../a',
    '/a',
    'a/',
    'a b',
    'a@sha256:1',
    `a@sha512:${'a'.repeat(64)}`,
    `a@${digest}@${digest}`,
    'https://quay.io/a',
    'a.b:port/c',
    'a/.b',
    `a.b/${'c'.repeat(300)}`,
  ])('%j is refused in words that say how it is written', (text) => {
    expect(() => parseReference(text)).toThrow(InvalidReference)
    expect(() => parseReference(text)).toThrow(/host\/repository:tag/)
  })
})
