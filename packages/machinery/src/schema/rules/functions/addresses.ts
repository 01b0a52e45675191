// Addresses of the internet and ranges of them: `cidr("10.0.0.0/8").containsIP(self.address)`.

import { BlockList, isIPv4, isIPv6 } from 'node:net'
import type { CelFunc, CelMap } from '@bufbuild/cel'
import { type Cel, opaque, opaqueType, opened } from './opaque.ts'

interface Range {
  address: string
  bits: number
}

export function addressFunctions(cel: Cel): CelFunc[] {
  const { celFunc, celMethod, CelScalar } = cel
  const { STRING, BOOL, INT } = CelScalar
  const type = opaqueType(cel)
  const ip = (text: string) => {
    if (!isAddress(text)) throw new Error(`IP Address ${JSON.stringify(text)} parse error during conversion from string`)
    return opaque('ip', canonical(text))
  }
  const cidr = (text: string): Range => {
    const range = parseRange(text)
    if (range === undefined) throw new Error(`network address parse error during conversion from string: ${text}`)
    return range
  }
  const rangeOf = (map: CelMap): Range => cidr(String(opened(map, 'cidr')))
  const addressOf = (map: CelMap): string => String(opened(map, 'ip'))
  const isIn = (name: string, ranges: readonly string[]): CelFunc =>
    celMethod(name, type, [], BOOL, function () {
      return ranges.some((range) => contains(cidr(range), addressOf(this)))
    })
  return [
    celFunc('isIP', [STRING], BOOL, isAddress),
    celFunc('ip', [STRING], type, ip),
    celFunc('ip.isCanonical', [STRING], BOOL, (text) => isAddress(text) && canonical(text) === text),
    celFunc('string', [type], STRING, (map) => (map.has('ip') ? addressOf(map) : String(opened(map, 'cidr')))),
    celMethod('family', type, [], INT, function () {
      return isIPv4(addressOf(this)) ? 4n : 6n
    }),
    isIn('isUnspecified', ['0.0.0.0/32', '::/128']),
    isIn('isLoopback', ['127.0.0.0/8', '::1/128']),
    isIn('isLinkLocalMulticast', ['224.0.0.0/24', 'ff02::/16']),
    isIn('isLinkLocalUnicast', ['169.254.0.0/16', 'fe80::/10']),
    celMethod('isGlobalUnicast', type, [], BOOL, function () {
      return !notGlobal.some((range) => contains(cidr(range), addressOf(this)))
    }),
    celFunc('isCIDR', [STRING], BOOL, (text) => parseRange(text) !== undefined),
    celFunc('cidr', [STRING], type, (text) => opaque('cidr', rangeText(cidr(text)))),
    celMethod('ip', type, [], type, function () {
      return ip(rangeOf(this).address)
    }),
    celMethod('prefixLength', type, [], INT, function () {
      return BigInt(rangeOf(this).bits)
    }),
    celMethod('masked', type, [], type, function () {
      return opaque('cidr', rangeText(masked(rangeOf(this))))
    }),
    celMethod('containsIP', type, [STRING], BOOL, function (text) {
      ip(text)
      return contains(rangeOf(this), text)
    }),
    celMethod('containsIP', type, [type], BOOL, function (other) {
      return contains(rangeOf(this), addressOf(other))
    }),
    celMethod('containsCIDR', type, [STRING], BOOL, function (text) {
      return includes(rangeOf(this), cidr(text))
    }),
    celMethod('containsCIDR', type, [type], BOOL, function (other) {
      return includes(rangeOf(this), rangeOf(other))
    }),
  ]
}

const notGlobal = [
  '0.0.0.0/32',
  '::/128',
  '127.0.0.0/8',
  '::1/128',
  '224.0.0.0/4',
  'ff00::/8',
  '169.254.0.0/16',
  'fe80::/10',
  '255.255.255.255/32',
]

/** A zone, and an address of the one family in the clothes of the other, are none here. */
function isAddress(text: string): boolean {
  return isIPv4(text) || (isIPv6(text) && !text.includes('%') && !/^::ffff:\d+\./i.test(text))
}

function canonical(address: string): string {
  return isIPv4(address) ? address : new URL(`http://[${address}]`).hostname.slice(1, -1)
}

function parseRange(text: string): Range | undefined {
  const [address = '', bits = '', ...more] = text.split('/')
  if (more.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(bits) || !isAddress(address)) return undefined
  return Number(bits) <= (isIPv4(address) ? 32 : 128) ? { address: canonical(address), bits: Number(bits) } : undefined
}

const rangeText = ({ address, bits }: Range): string => `${address}/${bits}`

function contains({ address, bits }: Range, other: string): boolean {
  const family = isIPv4(address) ? 'ipv4' : 'ipv6'
  if ((family === 'ipv4') !== isIPv4(other)) return false
  const list = new BlockList()
  list.addSubnet(address, bits, family)
  return list.check(other, family)
}

function includes(range: Range, other: Range): boolean {
  return other.bits >= range.bits && contains(range, other.address)
}

function masked({ address, bits }: Range): Range {
  if (isIPv4(address)) {
    const number = address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n)
    const kept = cut(number, bits, 32)
    return { address: [24n, 16n, 8n, 0n].map((shift) => String((kept >> shift) & 255n)).join('.'), bits }
  }
  const kept = cut(ipv6Number(address), bits, 128)
  const groups = Array.from({ length: 8 }, (_, index) => ((kept >> BigInt(112 - 16 * index)) & 0xffffn).toString(16))
  return { address: canonical(groups.join(':')), bits }
}

function cut(number: bigint, bits: number, width: number): bigint {
  const dropped = BigInt(width - bits)
  return (number >> dropped) << dropped
}

function ipv6Number(address: string): bigint {
  const [head = '', tail] = address.split('::')
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'))
  const [before, after] = [groups(head), groups(tail ?? '')]
  const filled = tail === undefined ? before : [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after]
  return filled.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n)
}
