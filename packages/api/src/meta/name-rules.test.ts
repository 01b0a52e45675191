import { describe, expect, it } from 'vitest'
import {
  configKeyFinding,
  dns1035LabelFinding,
  dnsLabelFinding,
  dnsSubdomainFinding,
  labelValueFinding,
  qualifiedNameFinding,
} from './name-rules.ts'

describe('names', () => {
  it.each([
    [dnsLabelFinding, 'my-name'],
    [dns1035LabelFinding, 'abc-123'],
    [dnsSubdomainFinding, 'example.com'],
    [configKeyFinding, '.env_File-1'],
    [labelValueFinding, ''],
    [qualifiedNameFinding, 'example.com/My.Name_1'],
  ])('%o has nothing against %s', (rule, text) => {
    expect(rule(text)).toBeUndefined()
  })

  it.each([
    [dnsLabelFinding, 'a.b', /^a lowercase RFC 1123 label must consist/],
    [dnsLabelFinding, 'a'.repeat(64), /^must be no more than 63 characters$/],
    [dns1035LabelFinding, '1-a', /^a DNS-1035 label must consist/],
    [dnsSubdomainFinding, 'a..b', /^a lowercase RFC 1123 subdomain must consist/],
    [configKeyFinding, '..', /^must not be '\.\.'$/],
    [configKeyFinding, '..a', /^must not start with '\.\.'$/],
    [configKeyFinding, 'a/b', /^a valid config key must consist/],
    [labelValueFinding, '-', /^a valid label must be an empty string/],
    [qualifiedNameFinding, '', /^name part must be non-empty$/],
    [qualifiedNameFinding, 'x/', /^name part must be non-empty$/],
    [qualifiedNameFinding, '/a', /^prefix part must be non-empty$/],
    [qualifiedNameFinding, 'A/a', /^prefix part a lowercase RFC 1123 subdomain/],
    [qualifiedNameFinding, 'a/b/c', /^a qualified name must consist/],
  ])('%o refuses %s', (rule, text, message) => {
    expect(rule(text)).toMatch(message)
  })
})
