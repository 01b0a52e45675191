// The person behind a client certificate: its common name, in the groups that it names as organizations. The certificate
// alone is not enough: the User of that name must name it, so that it can be shut out before it ends.

import { createHash, type X509Certificate } from 'node:crypto'
import type { User } from '@sheaf/api'
import type { UserInfo } from '@sheaf/machinery/kind'

export interface UserRecords {
  find(name: string): Promise<User | undefined>
}

/** Undefined for one that has ended or is not the one that is taken. */
export async function identifyCertificate(
  certificate: X509Certificate,
  { users, nowMs }: { users: UserRecords; nowMs: () => number },
): Promise<UserInfo | undefined> {
  if (Date.parse(certificate.validTo) < nowMs()) return undefined
  const { name, groups } = subjectOf(certificate)
  if (name === undefined) return undefined
  const record = await users.find(name)
  if (record?.spec.serialNumber !== serialNumberOf(certificate)) return undefined
  const id = createHash('sha256').update(certificate.raw).digest('hex')
  return {
    username: name,
    groups: [...groups, 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${id}`] },
  }
}

/** As a User names it. */
export const serialNumberOf = ({ serialNumber }: X509Certificate): string => serialNumber.toUpperCase().replace(/^0+(?=.)/, '')

/** One line a part, as in `CN=anna` and `O=operators`; what stands for itself in a name is escaped. */
function subjectOf({ subject }: X509Certificate): { name: string | undefined; groups: string[] } {
  const parts = subject.split('\n').flatMap((line) => line.split(/(?<=[^\\]) \+ /))
  const valuesOf = (key: string): string[] =>
    parts.filter((part) => part.startsWith(`${key}=`)).map((part) => part.slice(key.length + 1).replace(/\\(.)/g, '$1'))
  return { name: valuesOf('CN')[0], groups: valuesOf('O') }
}
