import type { VirtualMachineInstance, VirtualMachineInstanceReplicaSet } from '@sheaf/api'
import { ownerReferenceTo } from '../set-membership.ts'

/** One more of the same kind. The server completes its name; as in KubeVirt nothing stands between name and suffix. */
export function instanceFromSet(set: VirtualMachineInstanceReplicaSet): VirtualMachineInstance {
  const { metadata, spec } = set.spec.template
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: {
      generateName: metadata?.name || metadata?.generateName || (set.metadata.name ?? ''),
      namespace: set.metadata.namespace ?? '',
      ...(metadata?.labels === undefined ? {} : { labels: metadata.labels }),
      ...(metadata?.annotations === undefined ? {} : { annotations: metadata.annotations }),
      ownerReferences: [ownerReferenceTo(set)],
    },
    spec,
  }
}
