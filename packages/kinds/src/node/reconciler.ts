// Keeps one Node object true to this machine, and lets it show a sign of life about once a minute: the heartbeat that
// KubeVirt's tools look at, and the Lease that Kubernetes' own look at. Nothing is written in between unless the
// machine has changed.

import { isDeepStrictEqual } from 'node:util'
import { type Lease, leaseDefinition, type Node, nodeDefinition, strayGuestsCondition } from '@sheaf/api'
import { retryOnConflict } from '@sheaf/api/client'
import { findCondition, isAlreadyExists, type ObjectKey, timestamp } from '@sheaf/api/meta'
import { after, again, type Result } from '@sheaf/machinery/controller'
import type { HostState } from './host-facts.ts'
import type { NodePorts } from './ports.ts'
import { heartbeatAnnotation, labelsOf, type Sight, schedulableLabel, statusOf } from './status.ts'
import { findStrayGuests } from './stray-guests.ts'

/** KubeVirt's interval; five minutes without a heartbeat count as dead. */
const heartbeatMs = 60_000
/** Three heartbeats may be missed. */
const leaseSeconds = 240

export async function reconcileNode(key: ObjectKey, ports: NodePorts): Promise<Result> {
  const nodes = ports.client.resource<Node>(nodeDefinition)
  const host = await ports.host.read()
  const node = await nodes.find(key)
  if (node === undefined) return register(key.name, host, ports)
  const ageMs = ports.clock.now() - lastHeartbeatMs(node)
  // One from the future was written before the machine's clock was set back.
  const beats = ageMs >= heartbeatMs || ageMs < 0
  if (beats) await renewLease(node, ports)
  const sight = { host, strays: await findStrayGuests(ports) }
  const wanted = wantedNode(node, sight, beats, ports)
  // Built-in Kinds take labels and annotations along with the status: one write says it all.
  if (wanted !== node) await nodes.updateStatus(wanted)
  announceStrays(node, wanted, ports)
  return after(beats ? heartbeatMs : heartbeatMs - ageMs)
}

/** For a clean end, after the controller has stopped: nothing new is placed here, at once and not after five minutes. */
export async function retireNode({ client, nodeName }: Pick<NodePorts, 'client' | 'nodeName'>): Promise<void> {
  const labels = { [schedulableLabel]: 'false' }
  await client.resource<Node>(nodeDefinition).patch({ namespace: '', name: nodeName }, { metadata: { labels } })
}

async function register(name: string, host: HostState, { client }: NodePorts): Promise<Result> {
  try {
    await client
      .resource<Node>(nodeDefinition)
      .create({ apiVersion: 'v1', kind: 'Node', metadata: { name, labels: labelsOf(host) } })
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
  return again
}

/** The node as it should be; the same object when it is so already. */
function wantedNode(node: Node, sight: Sight, beats: boolean, { clock }: NodePorts): Node {
  const { metadata } = node
  const heartbeat = beats ? { [heartbeatAnnotation]: timestamp(clock) } : {}
  const wanted: Node = {
    ...node,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, ...labelsOf(sight.host) },
      annotations: { ...metadata.annotations, ...heartbeat },
    },
    status: statusOf(node, sight, beats, clock),
  }
  const isUnchanged = isDeepStrictEqual(wanted, { ...node, metadata: { ...metadata, annotations: { ...metadata.annotations } } })
  return isUnchanged ? node : wanted
}

/** Once for each set of them. */
function announceStrays(before: Node, now: Node, { events }: NodePorts): void {
  const [told, seen] = [before, now].map(({ status }) => findCondition(status?.conditions, strayGuestsCondition))
  if (seen?.status !== 'True' || seen.message === told?.message) return
  events.record(now, { type: 'Warning', reason: seen.reason ?? '', message: seen.message ?? '' })
}

function lastHeartbeatMs({ metadata }: Node): number {
  const heartbeatMs = Date.parse(metadata.annotations?.[heartbeatAnnotation] ?? '')
  return Number.isNaN(heartbeatMs) ? 0 : heartbeatMs
}

async function renewLease({ metadata }: Node, { client, nodeName, clock }: NodePorts): Promise<void> {
  const leases = client.resource<Lease>(leaseDefinition)
  const key = { namespace: 'kube-node-lease', name: nodeName }
  await retryOnConflict(async () => {
    const lease: Lease = (await leases.find(key)) ?? { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { ...key } }
    lease.metadata.ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid: metadata.uid ?? '' }]
    const renewTime = new Date(clock.now()).toISOString()
    lease.spec = { ...lease.spec, holderIdentity: nodeName, leaseDurationSeconds: leaseSeconds, renewTime }
    // A Lease is one of the Kinds that an update creates.
    return leases.update(lease)
  })
}
