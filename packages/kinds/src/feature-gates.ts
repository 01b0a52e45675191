/** KubeVirt's names of what this platform can do, and does only where its administrator says so. */
export const featureGates = ['HostDisk'] as const
export type FeatureGate = (typeof featureGates)[number]
