import { describe, expect, it } from 'vitest'
import { UsageError } from '../options.ts'
import { parseUserOptions } from './user-options.ts'

const parse = (...words: string[]) => parseUserOptions(words, { SHEAF_DATA: '/d' })

describe('what sheaf user is told', () => {
  it('AC40 is a name, and what the person gets', () => {
    expect(parse('add', 'anna@example.org')).toEqual({
      verb: 'add',
      dataFolder: '/d',
      name: 'anna@example.org',
      groups: [],
      role: undefined,
      namespace: undefined,
      out: `${process.cwd()}/anna@example.org.kubeconfig`,
      days: 365,
      server: undefined,
    })
    const words = ['--group', 'ops', '--group', 'dev', '--role', 'edit', '--namespace', 'shop', '--days', '30', '--out', '-']
    expect(parse('add', 'anna', ...words, '--server', 'https://10.0.0.7:6443', '--data', '/e')).toEqual({
      verb: 'add',
      dataFolder: '/e',
      name: 'anna',
      groups: ['ops', 'dev'],
      role: 'edit',
      namespace: 'shop',
      out: '-',
      days: 30,
      server: 'https://10.0.0.7:6443',
    })
    expect(parse('rotate', 'anna', '--days', '1')).toMatchObject({ verb: 'rotate', name: 'anna', days: 1 })
    expect(parse('revoke', 'anna')).toEqual({ verb: 'revoke', name: 'anna', dataFolder: '/d' })
    expect(parse('list', '-o', 'json')).toEqual({ verb: 'list', dataFolder: '/d', output: 'json' })
  })

  it.each([
    [[], /can add, rotate, revoke and list, not ""/],
    [['remove', 'anna'], /can add, rotate, revoke and list, not "remove"/],
    [['add'], /give one name, as: sheaf user add anna/],
    [['add', 'anna', 'bob'], /give one name/],
    [['add', 'system:admin'], /"system:admin" cannot name a user/],
    [['add', 'a/b'], /cannot name a user/],
    [['add', '#00'], /cannot name a user/],
    [['add', 'anna', '--group', 'system:masters'], /"system:masters" cannot name a group/],
    [['add', 'anna', '--role', 'king'], /--role is one of view, edit, admin, cluster-admin, not "king"/],
    [['add', 'anna', '--namespace', 'shop'], /give the role too/],
    [['add', 'anna', '--role', 'cluster-admin', '--namespace', 'shop'], /cluster-admin holds everywhere/],
    [['add', 'anna', '--days', '401'], /--days is a whole number from 1 to 400/],
    [['add', 'anna', '--server', 'http://a'], /is no server: give its URL/],
    [['list', '--output', 'yaml'], /--output is text or json/],
    [['revoke', 'anna', '--out', 'x'], /--out.*sheaf user --help/s],
  ])('AC40 is refused in words that say what would work: %j', (words, message) => {
    expect(() => parse(...words)).toThrow(UsageError)
    expect(() => parse(...words)).toThrow(message)
  })
})
