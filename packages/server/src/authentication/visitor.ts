import type { X509Certificate } from 'node:crypto'

/** Who is at the other end of a connection, before anybody has asked for a name. */
export interface Visitor {
  address: string
  /** The certificate that the client has shown. It holds: a client authority of ours has signed it, and it has not ended. */
  certificate?: X509Certificate | 'unusable'
}
