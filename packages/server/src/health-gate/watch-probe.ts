// Whether a change comes out of a watch: a small object is made, seen from outside, and taken away again.

import { type Lease, leaseDefinition } from '@sheaf/api'
import type { Client } from '@sheaf/api/client'

const namespace = 'kube-system'

export interface WatchProbe {
  /** As a client sees the server. */
  outside: Client
  /** As the server's own controllers do: the writes of others are held. */
  inside: Client
  signal: AbortSignal
}

/** Resolves when it has come. */
export async function watchDelivers({ outside, inside, signal }: WatchProbe): Promise<void> {
  const { resourceVersion = '' } = (await outside.resource<Lease>(leaseDefinition).list({ namespace, limit: 1 })).metadata
  const leases = inside.resource<Lease>(leaseDefinition)
  const lease = await leases.create({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { generateName: 'sheaf-hand-over-', namespace },
  })
  const { name = '' } = lease.metadata
  try {
    for await (const event of outside.resource<Lease>(leaseDefinition).watch({ namespace, resourceVersion, signal }))
      if (event.object.metadata.name === name) return
    throw new Error('the watch ended without it')
  } finally {
    await leases.delete({ namespace, name })
  }
}
