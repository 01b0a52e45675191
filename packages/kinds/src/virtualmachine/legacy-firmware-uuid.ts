import { createHash } from 'node:crypto'

/** KubeVirt's namespace for machines whose template names no uuid. Guests with licences bound to it must find it again. */
const namespaceBytes = Buffer.from('6a1a24a1406146078bf4a3963d0c5895', 'hex')

/** The uuid that KubeVirt derives from an instance's name: version 5 of RFC 9562. */
export function legacyFirmwareUuid(instanceName: string): string {
  const bytes = createHash('sha1').update(namespaceBytes).update(instanceName).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
