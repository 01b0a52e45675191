import { isIPv4, isIPv6 } from 'node:net'
import { expect, test } from 'vitest'
import { isCidr, isIpv4, isIpv6, specialIpFinding } from './ip-address.ts'

const texts = [
  '127.0.0.1',
  '255.255.255.255',
  '256.0.0.1',
  '10.0.0.01',
  '10.0.0',
  '::',
  '::1',
  '1::',
  'fd00::1:2',
  '1:2:3:4:5:6:7:8',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1::2::3',
  '::ffff:10.0.0.1',
  '1:2:3:4:5:6:10.0.0.1',
  '::ffff:10.0.0.256',
  '12345::',
  'g::',
  ':1:2:3:4:5:6:7:8',
  '1:2:3:4:5:6:7::',
  '',
  'localhost',
]

test.each(texts)('%j is an address, or none, as Node has it', (text) => {
  expect([isIpv4(text), isIpv6(text)]).toEqual([isIPv4(text), isIPv6(text)])
})

test('a network is an address and how many of its bits count', () => {
  for (const good of ['10.0.0.0/8', '0.0.0.0/0', 'fd00::/64', '::1/128']) expect(isCidr(good), good).toBe(true)
  for (const bad of ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/08', 'fd00::/129', '10.0.0.0/8/8', 'x/8'])
    expect(isCidr(bad), bad).toBe(false)
})

test('addresses that mean something else on each machine are told apart', () => {
  for (const special of ['0.0.0.0', '::', '127.1.2.3', '::1', '169.254.1.1', 'fe80::1', '224.0.0.9', 'ff02::1'])
    expect(specialIpFinding(special), special).toMatch(/^may not be/)
  for (const usual of ['10.0.2.15', '192.168.1.1', 'fd00::1', '224.0.1.1']) expect(specialIpFinding(usual), usual).toBeUndefined()
})
