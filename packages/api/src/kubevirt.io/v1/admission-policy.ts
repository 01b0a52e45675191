// What the rules must know of the platform, beside the object.

export type Architecture = 'amd64' | 'arm64'

export interface AdmissionPolicy {
  /** What a machine is when it does not say. */
  architecture: Architecture
  /** KubeVirt's names: `HostDisk`, `DecentralizedLiveMigration`, `DeclarativeHotplugVolumes`, … */
  featureGates: readonly string[]
  /** Whether a machine may take the host's own network for its own. */
  bridgeOnPodNetwork: boolean
  /** How an interface that nobody described is attached. */
  defaultBinding: 'bridge' | 'masquerade'
  defaultCpuModel: string
  defaultEvictionStrategy: string | undefined
  /** The writer is one of our controllers, which alone may set KubeVirt's own labels. */
  writerIsController: boolean
}

/** A fresh KubeVirt's answers, with every gate shut: one opens when the platform can do what it guards. */
export const defaultAdmissionPolicy: AdmissionPolicy = {
  architecture: 'amd64',
  featureGates: [],
  bridgeOnPodNetwork: true,
  defaultBinding: 'bridge',
  defaultCpuModel: 'host-model',
  defaultEvictionStrategy: undefined,
  writerIsController: false,
}
