// What an IP address looks like, without asking the network.

const octet = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])'
const ipv4Pattern = new RegExp(String.raw`^${octet}(\.${octet}){3}$`)

export const isIpv4 = (text: string): boolean => ipv4Pattern.test(text)

/** Without a zone. */
export function isIpv6(text: string): boolean {
  const tail = /(^|:)([0-9.]+)$/.exec(text)?.[2] ?? ''
  // The last two groups may be written as an IPv4 address.
  const groupsOnly = isIpv4(tail) ? `${text.slice(0, -tail.length)}0:0` : text
  const halves = groupsOnly.split('::')
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false
  return halves.length === 2 ? groups.length < 8 : halves.length === 1 && groups.length === 8
}

export const isIpAddress = (text: string): boolean => isIpv4(text) || isIpv6(text)

/** `10.0.0.0/8`, `fd00::/8`. */
export function isCidr(text: string): boolean {
  const [address = '', bits = '', ...more] = text.split('/')
  if (more.length > 0 || !/^(0|[1-9][0-9]{0,2})$/.test(bits)) return false
  return isIpv4(address) ? Number(bits) <= 32 : isIpv6(address) && Number(bits) <= 128
}

/** Why no other machine could be told this address; undefined when one could. In Kubernetes' words. */
export function specialIpFinding(text: string): string | undefined {
  if (/^0\.0\.0\.0$|^::$/.test(text)) return `may not be unspecified (${text})`
  if (/^127\.|^::1$/.test(text)) return 'may not be in the loopback range (127.0.0.0/8, ::1/128)'
  if (/^169\.254\.|^fe[89ab][0-9a-f]:/i.test(text)) return 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'
  if (/^224\.0\.0\.|^ff02:/i.test(text)) return 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'
  return undefined
}
